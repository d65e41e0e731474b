package virtual

import "golang.org/x/sys/unix"

// Detect returns what the system runs in; empty on bare metal and where it is not known.
func Detect() string {
	if jailed, err := unix.SysctlUint32("security.jail.jailed"); err == nil && jailed == 1 {
		return "jail"
	}
	guest, err := unix.Sysctl("kern.vm_guest")
	if err != nil {
		return ""
	}
	return fromSysctl(guest)
}

// fromSysctl translates the words of kern.vm_guest (sys/kern/subr_param.c).
func fromSysctl(guest string) string {
	switch guest {
	case "none":
		return ""
	case "generic":
		return other
	case "hv":
		return "microsoft"
	case "vbox":
		return "oracle"
	}
	return guest
}
