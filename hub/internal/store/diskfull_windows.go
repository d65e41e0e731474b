package store

import (
	"errors"

	"golang.org/x/sys/windows"
)

// isDiskFull reports whether the system refused to write for want of space.
func isDiskFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}
