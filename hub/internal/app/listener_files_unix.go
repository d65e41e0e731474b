//go:build unix

package app

import "syscall"

// openFiles is how many files the hub may have open at once.
func openFiles() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024 // the usual limit of systems that say nothing else
	}
	return uint64(limit.Cur) //nolint:unconvert // it is signed on FreeBSD
}
