//go:build unix

package socketdir

import (
	"fmt"
	"os"
	"syscall"
)

// tryLock takes the lock that the system gives back when the process ends.
func tryLock(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// awaitLock waits for its turn; whoever has it keeps it for milliseconds.
func awaitLock(file *os.File) error { return syscall.Flock(int(file.Fd()), syscall.LOCK_EX) }

// checkPrivate refuses a folder that another user made or may write to.
func checkPrivate(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return fmt.Errorf("look at socket folder: %w", err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(owner.Uid) != os.Getuid() || info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%w: %s", ErrNotOurs, path)
	}
	return nil
}
