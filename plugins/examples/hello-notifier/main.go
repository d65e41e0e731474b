// Command hello-notifier is a plugin that posts messages to an ntfy topic.
package main

import (
	"context"
	"net/http"
	"strings"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

type ntfy struct {
	URL   string     `json:"url" title:"Topic URL" format:"uri" default:"https://ntfy.sh/pulse" required:"true"`
	Token sdk.Secret `json:"token" title:"Access token" required:"true"`
}

func (n ntfy) Send(ctx context.Context, m *sdk.Notification) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.URL, strings.NewReader(m.Text))
	if err != nil {
		return sdk.Reject(err)
	}
	req.Header.Set("Title", m.Title)
	req.Header.Set("Authorization", "Bearer "+string(n.Token))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return sdk.CheckResponse(res)
}

func main() {
	plugin := sdk.New("acme.ntfy", "0.1.0", sdk.Needs(manifest.Needs{Network: []string{"instance:url"}}))
	sdk.Main(sdk.Notifier(plugin, "ntfy", "ntfy", func(n ntfy) (ntfy, error) { return n, nil }))
}
