//go:build !linux && !freebsd && !darwin

package virtual

// Detect returns nothing: this system is not asked.
func Detect() string { return "" }
