//go:build !windows

package store

import (
	"errors"
	"syscall"
)

// isDiskFull reports whether the system refused to write for want of space.
func isDiskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}
