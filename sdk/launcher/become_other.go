//go:build !linux

package launcher

import "io"

// LandlockABI returns 0: only Linux has Landlock.
func LandlockABI() int { return 0 }

func become(*Spec, *Report, io.Writer) error { return ErrUnavailable }
