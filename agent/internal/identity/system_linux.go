package identity

import (
	"errors"
	"os"
	"strings"
)

// systemID returns the id of the message bus, else that of the board, which only root may read.
func systemID() (string, error) {
	var failed []error
	for _, path := range []string{"/var/lib/dbus/machine-id", "/sys/class/dmi/id/product_uuid"} {
		raw, err := os.ReadFile(path)
		if text := strings.TrimSpace(string(raw)); err == nil && text != "" {
			return text, nil
		}
		failed = append(failed, err)
	}
	return "", errors.Join(failed...)
}
