package identity

import (
	"errors"
	"fmt"

	"golang.org/x/sys/windows/registry"
)

// systemID returns the id of the installation.
func systemID() (id string, err error) {
	const path = `SOFTWARE\Microsoft\Cryptography`
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if err != nil {
		return "", fmt.Errorf("read machine guid: %w", err)
	}
	defer func() { err = errors.Join(err, key.Close()) }()
	id, _, err = key.GetStringValue("MachineGuid")
	if err != nil {
		return "", fmt.Errorf("read machine guid: %w", err)
	}
	return id, nil
}
