package virtual

import "golang.org/x/sys/unix"

// Detect returns what the system runs in; empty on bare metal and where it is not known.
func Detect() string {
	if guest, err := unix.SysctlUint32("kern.hv_vmm_present"); err == nil && guest == 1 {
		return other
	}
	return ""
}
