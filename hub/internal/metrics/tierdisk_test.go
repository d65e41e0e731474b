//go:build linux

package metrics

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sys/unix"
)

// smallDisk mounts a file system of so many bytes for the time of the test.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
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

// fillDisk writes a file until there is no room left.
func fillDisk(t *testing.T, dir string) (path string) {
	t.Helper()
	path = filepath.Join(dir, "ballast")
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
	return path
}

// TestSummingUpWaitsForRoom fills the disk when samples are in blocks but not summed up yet.
func TestSummingUpWaitsForRoom(t *testing.T) {
	disk := smallDisk(t, "160m")
	s := openTest(t, Options{Dir: filepath.Join(disk, "metrics")})
	writer := newWriter(s) // without Run, nothing is summed up by itself
	h := mustIntern(t, s, Series{Name: modelGauge, Resource: "r"})
	to := floorTo(time.Now().UnixMilli(), 2*testHour)
	var batch []Sample
	for at := to - 8*testHour; at < to; at += 10_000 {
		batch = append(batch, Sample{h, at, float64(at / 10_000 % 977)})
	}
	for _, half := range [][]Sample{batch[:len(batch)/2], batch[len(batch)/2:]} {
		if err := writer.write(half); err != nil {
			t.Fatal(err)
		}
		if err := s.compact(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	q := Query{Names: []string{modelGauge}, From: to - 8*testHour, To: to, Step: fineResolution.Milliseconds()}
	want := mustSelect(t, s, q)
	ballast := fillDisk(t, disk)
	for range 2 {
		if err := s.roller.Pass(t.Context()); !errors.Is(err, unix.ENOSPC) {
			t.Fatalf("summing up on a full disk = %v, want %v", err, unix.ENOSPC)
		}
		if n := s.Stats().Fine.Blocks; n != 0 {
			t.Errorf("%d blocks of sums on a full disk", n)
		}
		left, err := os.ReadDir(filepath.Join(disk, "metrics", fineName))
		if err != nil || len(left) > 0 {
			t.Errorf("%d files are left behind, %v", len(left), err)
		}
		if diff := cmp.Diff(want, mustSelect(t, s, q)); diff != "" {
			t.Errorf("on a full disk (-want +got):\n%s", diff)
		}
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	compactAndSum(t, s)
	if !readsSums(s, q) {
		t.Error("nothing is read from sums once there is room")
	}
	if diff := cmp.Diff(want, mustSelect(t, s, q), cmpopts.EquateApprox(1e-12, 0)); diff != "" {
		t.Errorf("once there is room (-want +got):\n%s", diff)
	}
}
