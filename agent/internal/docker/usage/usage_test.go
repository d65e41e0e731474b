package usage_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/docker/usage"
)

var id = strings.Repeat("a1", 32)

// tree writes files and returns the kernel they make.
func tree(t testing.TB, files map[string]string) usage.Kernel {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, strings.ReplaceAll(name, "ID", id))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "ID", id)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return usage.Kernel{Proc: filepath.Join(root, "proc"), Groups: filepath.Join(root, "cgroup")}
}

const traffic = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 9 1 0 0 0 0 0 0 9 1 0 0 0 0 0 0
  eth0: 100 1 0 0 0 0 0 0 200 1 0 0 0 0 0 0
  eth1:1 1 0 0 0 0 0 0 2 1 0 0 0 0 0 0
`

func first() map[string]string {
	return map[string]string{
		"proc/7/cgroup":                                                    "4:memory:/docker/ID\n3:blkio:/docker/ID\n2:cpu,cpuacct:/docker/ID\n1:pids:/docker/ID/init.scope\n0::/docker/ID\n",
		"proc/7/net/dev":                                                   traffic,
		"cgroup/cpuacct/docker/ID/cpuacct.usage":                           "5000000000\n",
		"cgroup/memory/docker/ID/memory.usage_in_bytes":                    "1000\n",
		"cgroup/memory/docker/ID/memory.stat":                              "inactive_file 1\ntotal_inactive_file 300\n",
		"cgroup/memory/docker/ID/memory.limit_in_bytes":                    "9223372036854771712\n",
		"cgroup/blkio/docker/ID/blkio.throttle.io_service_bytes_recursive": "8:0 Read 10\n8:0 Write 20\n8:16 Read 1\n8:16 Total 99\nTotal 130\n",
		"cgroup/pids/docker/ID/pids.current":                               "3\n",
	}
}

func second() map[string]string {
	const folder = "cgroup/system.slice/docker-ID.scope/"
	return map[string]string{
		"proc/7/cgroup":            "0::/system.slice/docker-ID.scope/container\n",
		"proc/7/net/dev":           traffic,
		folder + "cpu.stat":        "usage_usec 5000000\nuser_usec 1\n",
		folder + "memory.current":  "1000\n",
		folder + "memory.stat":     "anon 1\ninactive_file 300\n",
		folder + "memory.max":      "4096\n",
		folder + "io.stat":         "8:0 rbytes=10 wbytes=20 rios=1 wios=1 dbytes=0 dios=0\n8:16 rbytes=1\n",
		folder + "pids.current":    "3\n",
		folder + "container/dummy": "",
	}
}

func TestRead(t *testing.T) {
	want := usage.Usage{
		CPU: 5 * time.Second, MemoryBytes: 700, ReadBytes: 11, WriteBytes: 20, BlockIO: true, Processes: 3, RxBytes: 101, TxBytes: 202, Network: true,
	}
	limited := want
	limited.LimitBytes = 4096
	without := second()
	delete(without, "cgroup/system.slice/docker-ID.scope/io.stat")
	without["cgroup/system.slice/docker-ID.scope/memory.max"] = "max\n"
	plain := want
	plain.ReadBytes, plain.WriteBytes, plain.BlockIO = 0, 0, false
	tests := []struct {
		name  string
		files map[string]string
		want  usage.Usage
	}{
		{"version 1", first(), want},
		{"version 2", second(), limited},
		{"version 2 without a limit and the controller of disks", without, plain},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			group, err := tree(t, test.files).Locate(id, 7, true)
			if err != nil {
				t.Fatal(err)
			}
			got, err := group.Read(nil)
			if err != nil || got.At.IsZero() {
				t.Fatalf("Read = %+v, %v", got, err)
			}
			got.At = time.Time{}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("usage (-want +got):\n%s", diff)
			}
		})
	}
}

func TestForeignProcessesAreNotBelieved(t *testing.T) {
	tests := []struct {
		name   string
		cgroup string
		pid    int
	}{
		{"another container", "0::/system.slice/docker-other.scope\n", 7},
		{"outside of the namespace", "0::/../docker-ID.scope\n", 7},
		{"no files", "0::/elsewhere/ID\n", 7},
		{"no process", "", 8},
		{"no number", "", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			kernel := tree(t, map[string]string{"proc/7/cgroup": test.cgroup})
			if _, err := kernel.Locate(id, test.pid, false); !errors.Is(err, usage.ErrNotSeen) {
				t.Errorf("Locate = %v", err)
			}
		})
	}
}

func FuzzGroup(f *testing.F) {
	f.Add("0::/docker/ID", "usage_usec 1", "inactive_file 99999999999999999999", "8:0 rbytes=-1")
	f.Add("1:memory:/ID\n2:cpuacct:/ID", "", "x", "=")
	f.Fuzz(func(t *testing.T, cgroup, cpu, memory, io string) {
		const folder = "cgroup/docker/ID/"
		kernel := tree(t, map[string]string{
			"proc/7/cgroup": cgroup, folder + "cpu.stat": cpu, folder + "memory.stat": memory, folder + "io.stat": io, folder + "memory.current": memory,
		})
		group, err := kernel.Locate(id, 7, false)
		if err != nil {
			return
		}
		if got, err := group.Read(nil); err == nil && (got.MemoryBytes < 0 || got.LimitBytes < 0) {
			t.Errorf("usage = %+v", got)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	group, err := tree(b, second()).Locate(id, 7, true)
	if err != nil {
		b.Fatal(err)
	}
	buffer := make([]byte, 16<<10)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := group.Read(buffer); err != nil {
			b.Fatal(err)
		}
	}
}
