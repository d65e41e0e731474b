package webhook

import (
	"mime"
	"net/http"

	"github.com/pulse-hub/pulse/sdk/notification"
)

// ntfyHeaders are the headers that ntfy shows a message by
// (https://docs.ntfy.sh/publish/). Those that are not ASCII are encoded as RFC 2047 says.
func ntfyHeaders(d *data) http.Header {
	priority, tag := "3", "information_source"
	switch {
	case d.Resolved:
		tag = "white_check_mark"
	case d.Event == notification.PhaseInfo: // a digest is no reason to wake anybody
	case d.Level == "critical":
		priority, tag = "5", "rotating_light"
	case d.Level == "warning":
		priority, tag = "4", "warning"
	}
	title := d.Headline
	if d.aboutAlert() {
		title += " - " + d.ResourceName
	}
	return http.Header{
		"Title":    {mime.QEncoding.Encode("utf-8", oneLine(200, title))},
		"Priority": {priority},
		"Tags":     {"pulse," + tag},
	}
}
