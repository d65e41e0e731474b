package hostsvc

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

// crashEnv tells the test binary that it is the child which gets killed, and where its store is.
const crashEnv = "PULSE_TEST_HOSTSVC_CRASH_DIR"

// TestCrashChild writes until it is killed, and prints what was acknowledged.
func TestCrashChild(t *testing.T) {
	dir := os.Getenv(crashEnv)
	if dir == "" {
		t.Skip("runs as the child of TestNothingIsLostByKill")
	}
	c := over(openStore(t, dir)).as(t, acme)
	for n := 0; ; n++ {
		key, value := fmt.Sprint("k", n%50), strings.Repeat("v", n%3000)
		if n%7 == 6 {
			c.remove("", key)
			fmt.Println("acked", key, 0, -1)
			continue
		}
		fmt.Println("acked", key, c.put("", key, value), len(value))
	}
}

func TestNothingIsLostByKill(t *testing.T) {
	dir := t.TempDir()
	sizes, revisions := map[string]int{}, map[string]uint64{}
	for round := range 2 {
		next := crash(t, dir, 60+30*round, sizes, revisions)
		db := openStore(t, dir)
		f := over(db)
		c := f.as(t, acme)
		for key, size := range sizes {
			if key == next {
				continue // the write that was cut off may be there or not
			}
			if got := c.get("", key); size >= 0 && got != strings.Repeat("v", size) || size < 0 && got != "-" {
				t.Errorf("round %d: %s has %d bytes, want %d", round, key, len(got), size)
			}
		}
		last := f.ledgerOf(t, acme).Revision
		for key, revision := range revisions {
			if revision > last {
				t.Errorf("round %d: revision %d of %s was forgotten, the last is %d", round, revision, key, last)
			}
		}
		_, err := c.tryPut(&pluginv1.KvEntry{Key: "k0", IfRevision: last + 1})
		refused(t, err, codes.Aborted)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// crash runs the child until it reported count writes, kills it, records what
// it reported, and returns the key of the write after that.
func crash(t *testing.T, dir string, count int, sizes map[string]int, revisions map[string]uint64) (next string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestCrashChild$")
	cmd.Env = append(os.Environ(), crashEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	acked := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var key string
		var revision uint64
		var size int
		if _, err := fmt.Sscanf(lines.Text(), "acked %s %d %d", &key, &revision, &size); err != nil {
			continue
		}
		sizes[key], revisions[key] = size, revision
		if acked++; acked == count {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // it was killed, so it can only fail; what matters is that it is gone
	if acked < count {
		t.Fatalf("child ended early, after write %d", acked)
	}
	return fmt.Sprint("k", acked%50)
}
