package pbs

import (
	"net/url"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/sdk"
)

// config is the configuration of an instance.
type config struct {
	proxmoxapi.Connection
	GuestURL string `json:"guest_url" title:"Address for people" description:"What links lead to, if another than the address." format:"uri" max:"300" x-pulse-group:"Shown as"`

	Instance sdk.Instance `json:"-"`
}

// name is what the server is called: as the operator calls it, or by its host.
func (c config) name() string {
	if c.Instance.Name != "" {
		return c.Instance.Name
	}
	address, err := url.Parse(c.URL)
	if err != nil || address.Hostname() == "" {
		return c.URL
	}
	return address.Hostname()
}
