package cgroup

import (
	"errors"
	"testing"
)

func TestLocate(t *testing.T) {
	const (
		systemd   = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
		hybrid    = "31 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n33 23 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
		container = "30 23 0:26 /docker/abc /sys/fs/cgroup rw shared:9 - cgroup2 cgroup rw\n"
		spaces    = `30 23 0:26 / /sys/fs/c\040group rw - cgroup2 cgroup2 rw` + "\n"
	)
	for _, c := range []struct {
		name, mounts, membership string
		want                     string
		inner                    bool
		err                      error
	}{
		{"service of systemd", systemd, "0::/system.slice/pulse.service\n", "/sys/fs/cgroup/system.slice/pulse.service", true, nil},
		{"top", hybrid, "8:pids:/\n0::/\n", "/sys/fs/cgroup/unified", false, nil},
		{"bind mount", container, "0::/docker/abc\n", "/sys/fs/cgroup", false, nil},
		{"mounted from elsewhere", container, "0::/docker/abcd\n", "", false, ErrUnavailable},
		{"outside the namespace", systemd, "0::/../other\n", "", false, ErrUnavailable},
		{"space in the path", spaces, "0::/a\n", "/sys/fs/c group/a", true, nil},
		{"version 1", "31 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw\n", "4:memory:/\n", "", false, ErrUnavailable},
		{"not mounted", "", "0::/\n", "", false, ErrUnavailable},
		{"malformed", "30 - cgroup2 \n - \n", "0::/\n", "", false, ErrUnavailable},
	} {
		dir, inner, err := locate(c.mounts, c.membership)
		if dir != c.want || inner != c.inner || !errors.Is(err, c.err) {
			t.Errorf("%s: got %q, %v, %v; want %q, %v, %v", c.name, dir, inner, err, c.want, c.inner, c.err)
		}
	}
}

func FuzzLocate(f *testing.F) {
	f.Add("30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n", "0::/system.slice/pulse.service\n")
	f.Add(" - cgroup2 ", "0::")
	f.Fuzz(func(t *testing.T, mounts, membership string) {
		if dir, _, err := locate(mounts, membership); (err == nil) != (dir != "") {
			t.Fatalf("got %q, %v", dir, err)
		}
	})
}
