package email

import (
	"errors"
	"fmt"

	"github.com/pulse-hub/pulse/plugins/internal/outward"
)

// nearby are the networks that mail servers are in beside the Internet. What
// is in none of them and no public address either, the metadata service of a
// cloud above all, is never connected to.
const nearby = "127.0.0.0/8, ::1, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7"

// guarded returns what connects to mail servers.
func guarded() (dialer, error) {
	allow, err := outward.ParseAllow(nearby)
	if err != nil {
		return nil, fmt.Errorf("networks nearby: %w", err)
	}
	return outward.NewGuard(allow, nil), nil
}

// refusedByGuard tells whether the address may not be reached.
func refusedByGuard(err error) bool { return errors.Is(err, outward.ErrRefused) }
