//go:build darwin || freebsd

package identity

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// systemID returns the kernel's id of the machine.
func systemID() (string, error) {
	name := "kern.hostuuid"
	if runtime.GOOS == "darwin" {
		name = "kern.uuid"
	}
	id, err := unix.Sysctl(name)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return id, nil
}
