//go:build unix

package recovery

import (
	"io/fs"
	"os"
	"syscall"
)

// noFollow has a link refused, and a pipe not waited for.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// owned reports whether a file belongs to the user that this process runs as.
func owned(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}

// ownedOrRoots reports whether it belongs to that user or the administrator.
func ownedOrRoots(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (stat.Uid == 0 || owned(info))
}

// private reports whether nobody else could have written to it.
func private(info fs.FileInfo) bool { return info.Mode().Perm()&othersWrite == 0 }
