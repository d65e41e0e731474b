//go:build linux

package app_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// smallDisk mounts a file system of so many bytes for the time of the test.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := shortDir(t)
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=0700,size="+size); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Errorf("unmount small disk: %v", err)
		}
	})
	return dir
}

// fill writes a file until there is no room left, and returns what makes room again.
func fill(t *testing.T, dir string) (empty func()) {
	t.Helper()
	path := filepath.Join(dir, "ballast")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for size := 1 << 20; size > 0; size /= 16 {
		for err == nil {
			_, err = file.Write(make([]byte, size))
		}
		if !errors.Is(err, unix.ENOSPC) {
			t.Fatalf("filling the disk ended with %v", err)
		}
		err = nil
	}
	return func() {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
	}
}

// health is what the hub says of itself.
type health struct{ Conditions []struct{ Code string } }

func TestFullDiskLosesNothingAccepted(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	dir, posted := smallDisk(t, "96m"), newLoad()
	h := spawn(t, dir)
	h.watch(t)
	ctx, cancel := context.WithCancel(t.Context())
	var posting sync.WaitGroup
	defer posting.Wait()
	defer cancel()
	posting.Go(func() { posted.run(ctx, h.url) })
	more := func(n int) {
		t.Helper()
		before, beforeRefused := posted.count()
		until(t, "more reports are answered", func() bool {
			accepted, refused := posted.count()
			return accepted-before+refused-beforeRefused >= n
		})
	}
	more(1000)
	empty := fill(t, dir)
	defer empty()
	until(t, "the hub notices", func() bool { return strings.Contains(h.log.String(), "samples cannot be written") })
	until(t, "the hub says so", func() bool { return len(get[health](t, h.hub, "/api/health").Conditions) == 1 })
	// Long enough for several tries to write, each of which could do harm.
	for full := time.Now(); time.Since(full) < 4*time.Second; {
		more(100)
	}
	if status, answer := h.do(t, "GET", "/api/state", nil); status != 200 {
		t.Errorf("on a full disk the state gives %d %s", status, answer)
	}
	empty()
	until(t, "the hub recovers", func() bool { return strings.Contains(h.log.String(), "samples are written again") })
	until(t, "the hub says that too", func() bool { return len(get[health](t, h.hub, "/api/health").Conditions) == 0 })
	more(1000)
	killed := time.Now()
	h.kill()
	cancel()
	posting.Wait()
	posted.drop(killed.Add(-killLimit))
	if _, refused := posted.count(); refused < 100 {
		t.Errorf("%d reports were refused while there was no room", refused)
	}
	posted.verify(t, dir)
}
