//go:build unix && !linux

package runner

import "syscall"

// processAttributes: a group of its own.
func processAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
