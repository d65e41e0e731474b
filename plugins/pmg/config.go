package pmg

import (
	"net/url"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/sdk"
)

// config is the configuration of an instance. The product has no API tokens.
type config struct {
	proxmoxapi.Server
	proxmoxapi.PasswordLogin
	proxmoxapi.Trust
	GuestURL string `json:"guest_url" title:"Address for people" description:"What links lead to, if another than the address." format:"uri" max:"300" x-pulse-group:"Shown as"`

	Instance sdk.Instance `json:"-"`
}

// connection returns what the client has to know.
func (c config) connection() proxmoxapi.Connection {
	return proxmoxapi.Connection{Server: c.Server, PasswordLogin: c.PasswordLogin, Trust: c.Trust}
}

// name is what the gateway is called: as the operator calls it, or by its host.
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
