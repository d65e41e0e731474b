//go:build !unix

package app

import "math"

// openFiles is how many files the hub may have open at once: systems without
// such a limit are bounded by memory alone.
func openFiles() uint64 { return math.MaxUint64 }
