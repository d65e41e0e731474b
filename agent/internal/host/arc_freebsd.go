package host

import "golang.org/x/sys/unix"

// readARC reads the size of the cache of ZFS and the least it shrinks to, in bytes; zeros when ZFS does not run.
func readARC(string) (size, least uint64) {
	size, err := unix.SysctlUint64("kstat.zfs.misc.arcstats.size")
	if err != nil {
		return 0, 0
	}
	least, err = unix.SysctlUint64("kstat.zfs.misc.arcstats.c_min")
	if err != nil {
		return size, size // without the bound nothing counts as available
	}
	return size, least
}
