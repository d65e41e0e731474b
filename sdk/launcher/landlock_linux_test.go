package launcher

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestOldLandlockIsNotOversold goes through the kernels that are still about.
func TestOldLandlockIsNotOversold(t *testing.T) {
	for _, c := range []struct {
		abi       int
		access    Access
		effective Level
		missing   []string
	}{
		{0, Access{}, Limited, []string{"no Landlock"}},
		{1, Access{}, Limited, []string{"emptied", "TCP ports", "signals"}},
		{3, Access{}, Limited, []string{"TCP ports", "signals"}},
		{3, Access{AnyPort: true}, Limited, []string{"signals"}},
		{4, Access{}, Limited, []string{"signals"}},
		{6, Access{}, Confined, nil},
		{9, Access{}, Confined, nil},
	} {
		report := Report{Requested: Confined, Effective: Confined, LandlockABI: c.abi}
		report.judge(&c.access)
		if report.Effective != c.effective || len(report.Missing) != len(c.missing) {
			t.Errorf("ABI %d: got %+v, want %s without %q", c.abi, report, c.effective, c.missing)
			continue
		}
		for i, missing := range c.missing {
			if !strings.Contains(report.Missing[i], missing) {
				t.Errorf("ABI %d: got %q, want something about %q", c.abi, report.Missing[i], missing)
			}
		}
		open := strings.Contains(strings.Join(report.Open, "\n"), "Unix sockets")
		if want := c.abi > 0 && c.abi < 9; open != want {
			t.Errorf("ABI %d: Unix sockets said to be open: %v, want %v", c.abi, open, want)
		}
	}
}

// TestOnlyKnownRightsAreAskedFor: a kernel refuses rules with rights it does not know.
func TestOnlyKnownRightsAreAskedFor(t *testing.T) {
	for _, c := range []struct {
		abi     int
		highest uint64 // right of files
		net     bool
		scopes  bool
		size    uintptr
	}{
		{1, unix.LANDLOCK_ACCESS_FS_MAKE_SYM, false, false, 8},
		{2, unix.LANDLOCK_ACCESS_FS_REFER, false, false, 8},
		{3, unix.LANDLOCK_ACCESS_FS_TRUNCATE, false, false, 8},
		{4, unix.LANDLOCK_ACCESS_FS_TRUNCATE, true, false, 16},
		{5, unix.LANDLOCK_ACCESS_FS_IOCTL_DEV, true, false, 16},
		{6, unix.LANDLOCK_ACCESS_FS_IOCTL_DEV, true, true, 24},
		{8, unix.LANDLOCK_ACCESS_FS_IOCTL_DEV, true, true, 24},
		{9, unix.LANDLOCK_ACCESS_FS_RESOLVE_UNIX, true, true, 24},
	} {
		got := handledBy(c.abi, false)
		// Every right up to the highest one this version knows, and none above.
		if want := c.highest<<1 - 1; got.Handled_access_fs != want {
			t.Errorf("ABI %d: rights %#x, want %#x", c.abi, got.Handled_access_fs, want)
		}
		if (got.Handled_access_net != 0) != c.net || (got.Scoped != 0) != c.scopes {
			t.Errorf("ABI %d: ports %#x, scopes %#x", c.abi, got.Handled_access_net, got.Scoped)
		}
		if size := attributeSize(c.abi); size != c.size {
			t.Errorf("ABI %d: attributes of %d bytes, want %d", c.abi, size, c.size)
		}
		if got := handledBy(c.abi, true); got.Handled_access_net != 0 {
			t.Errorf("ABI %d: ports %#x although any is allowed", c.abi, got.Handled_access_net)
		}
	}
}
