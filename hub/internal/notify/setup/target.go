package setup

import (
	"context"
	"net/netip"
	"slices"
	"time"

	plugins "github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
	"github.com/pulse-hub/pulse/sdk/schema"
)

const (
	// lookupTimeout bounds how long the host of a webhook is resolved.
	lookupTimeout = 5 * time.Second
	// maxAddresses bounds the addresses of a host that are looked at.
	maxAddresses = 16
)

// checkTarget has the plugin check a webhook, and then every address that its host has now, as if that stood in the
// URL: it is the plugin that knows where messages may go. It checks again whenever it connects, because a name may lead
// elsewhere a moment later.
func (d *Directory) checkTarget(ctx context.Context, f *form, name string) error {
	if err := d.check(ctx, f, name); err != nil {
		return err
	}
	url, _ := f.config[fieldURL].(string)
	host := notifications.HostOf(url)
	if _, err := netip.ParseAddr(host); err == nil || host == "" {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	addresses, err := d.Lookup(limited, host)
	if err != nil {
		return &plugins.InvalidError{Fields: []schema.FieldError{{
			Path: "/" + fieldURL, Message: notifications.UnresolvedName + err.Error(),
		}}}
	}
	slices.SortFunc(addresses, netip.Addr.Compare)
	addresses = slices.Compact(addresses)
	for _, address := range addresses[:min(len(addresses), maxAddresses)] {
		if err := d.check(ctx, f.with(fieldURL, notifications.WithHost(url, address.Unmap())), name); err != nil {
			return err
		}
	}
	return nil
}
