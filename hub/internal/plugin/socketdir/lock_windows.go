package socketdir

import (
	"os"

	"golang.org/x/sys/windows"
)

// tryLock takes the lock that the system gives back when the process ends.
func tryLock(file *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	return windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, new(windows.Overlapped))
}

// awaitLock waits for its turn; whoever has it keeps it for milliseconds.
func awaitLock(file *os.File) error {
	return windows.LockFileEx(windows.Handle(file.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, new(windows.Overlapped))
}

// checkPrivate has nothing to check: plugins listen on loopback TCP with mutual
// TLS here, and no sockets lie in the folder.
func checkPrivate(string) error { return nil }
