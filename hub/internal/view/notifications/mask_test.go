package notifications_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
)

const hidden = notifications.Redacted

// addresses of services, with the secrets that are in them, and what is shown.
var addresses = map[string]struct{ service, url, shown string }{
	"discord":     {"discord", "https://discord.com/api/webhooks/1234567890/AbC-dEf_99", "https://discord.com/api/webhooks/" + hidden + "/" + hidden},
	"telegram":    {"telegram", "https://api.telegram.org/bot12:Ab/sendMessage?chat_id=-100", "https://api.telegram.org/" + hidden + "/sendMessage?chat_id=-100"},
	"slack":       {"slack", "https://hooks.slack.com/services/T01/B02/x9y8", "https://hooks.slack.com/services/" + hidden + "/" + hidden + "/" + hidden},
	"teams":       {"teams", "https://x.webhook.office.com/webhookb2/a1@b2/IncomingWebhook/c3/d4", "https://x.webhook.office.com/" + hidden + "/" + hidden + "/IncomingWebhook/" + hidden + "/" + hidden},
	"pagerduty":   {"pagerduty", "https://events.pagerduty.com/v2/enqueue", "https://events.pagerduty.com/v2/enqueue"},
	"pushover":    {"pushover", "https://api.pushover.net/1/messages.json", "https://api.pushover.net/1/messages.json"},
	"gotify":      {"gotify", "https://gotify.example.com/message?token=geheim&x=", "https://gotify.example.com/message?token=" + hidden + "&x="},
	"ntfy":        {"ntfy", "https://ntfy.sh/alerts", "https://ntfy.sh/" + hidden},
	"long word":   {"mattermost", "https://chat.example.com/hooks/abcdefghijklmnopqrstuvwxyz", "https://chat.example.com/hooks/" + hidden},
	"plain":       {"generic", "http://hooks.example.com/hook", "http://hooks.example.com/hook"},
	"user":        {"generic", "https://u:geheim@example.com:8443/", "https://" + hidden + "@example.com:8443/"},
	"fragment":    {"generic", "https://example.com/#geheim", "https://example.com/#" + hidden},
	"templates":   {"generic", `https://example.com/{{.ID | printf "%s/?&#"}}/a1?q={{.Level}}&k=1#`, `https://example.com/{{.ID | printf "%s/?&#"}}/` + hidden + `?q={{.Level}}&k=` + hidden + "#"},
	"query twice": {"generic", "https://example.com?k=1&k=2&flag", "https://example.com?k=" + hidden + "&k=" + hidden + "&flag"},
	"no address":  {"generic", "nothing", "nothing"},
	"empty":       {"generic", "", ""},
}

func TestAddressesAreShownWithoutSecrets(t *testing.T) {
	for name, test := range addresses {
		t.Run(name, func(t *testing.T) {
			stored := notifications.Webhook{URL: test.url, Service: test.service}
			shown := stored.Shown()
			if shown.URL != test.shown {
				t.Errorf("%s is shown as %s, want %s", test.url, shown.URL, test.shown)
			}
			back, err := shown.Restore(stored)
			if err != nil || back.URL != test.url {
				t.Errorf("%s came back as %s, %v", test.url, back.URL, err)
			}
		})
	}
}

func TestMaskedPartsKeepTheirPlace(t *testing.T) {
	stored := notifications.Webhook{URL: "https://example.com/a1/b2?token=geheim&k=1", Headers: map[string]string{"X": "1", "Y": "2"}, CustomFields: map[string]string{"f": "3"}}
	tests := map[string]struct {
		said, want notifications.Webhook
		fails      bool
	}{
		"one part changes": {
			notifications.Webhook{URL: "https://EXAMPLE.com/" + hidden + "/new?k=2&token=" + hidden},
			notifications.Webhook{URL: "https://EXAMPLE.com/a1/new?k=2&token=geheim"}, false,
		},
		"another host":      {notifications.Webhook{URL: "https://evil.example/" + hidden + "/b2"}, notifications.Webhook{}, true},
		"host as user":      {notifications.Webhook{URL: "https://example.com@evil.example/" + hidden}, notifications.Webhook{}, true},
		"no encryption":     {notifications.Webhook{URL: "http://example.com/" + hidden}, notifications.Webhook{}, true},
		"another port":      {notifications.Webhook{URL: "https://example.com:81/" + hidden}, notifications.Webhook{}, true},
		"unknown parameter": {notifications.Webhook{URL: "https://example.com/?other=" + hidden}, notifications.Webhook{}, true},
		"within a part":     {notifications.Webhook{URL: "https://example.com/x" + hidden}, notifications.Webhook{}, true},
		"as the host":       {notifications.Webhook{URL: "https://" + hidden + "/"}, notifications.Webhook{}, true},
		"values one by one": {
			notifications.Webhook{URL: "https://other.example", Headers: map[string]string{"X": hidden, "Z": "new"}},
			notifications.Webhook{URL: "https://other.example", Headers: map[string]string{"X": "1", "Z": "new"}}, false,
		},
		"unknown header": {notifications.Webhook{Headers: map[string]string{"Z": hidden}}, notifications.Webhook{}, true},
		"unknown field":  {notifications.Webhook{CustomFields: map[string]string{"z": hidden}}, notifications.Webhook{}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := test.said.Restore(stored)
			if errors.Is(err, notifications.ErrMasked) != test.fails {
				t.Errorf("got %v", err)
			}
			if diff := cmp.Diff(test.want, got); !test.fails && diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWebhooksAreShownWithoutSecrets(t *testing.T) {
	stored := notifications.Webhook{ID: "w", Headers: map[string]string{"X-Auth": "geheim"}, CustomFields: map[string]string{"team": "ops"}}
	want := notifications.Webhook{ID: "w", Headers: map[string]string{"X-Auth": hidden}, CustomFields: map[string]string{"team": hidden}}
	if diff := cmp.Diff(want, stored.Shown()); diff != "" {
		t.Error(diff)
	}
	if stored.Headers["X-Auth"] != "geheim" {
		t.Error("what is stored was changed")
	}
}

func TestAppriseIsNormalised(t *testing.T) {
	tests := map[string]struct{ said, want notifications.Apprise }{
		"nothing": {notifications.Apprise{}, notifications.Apprise{Mode: "cli", Targets: []string{}, CLIPath: "apprise", TimeoutSeconds: 15, APIKeyHeader: "X-API-KEY"}},
		"no target": {
			notifications.Apprise{Enabled: true, Mode: "odd", Targets: []string{" "}, TimeoutSeconds: 1},
			notifications.Apprise{Mode: "cli", Targets: []string{}, CLIPath: "apprise", TimeoutSeconds: 5, APIKeyHeader: "X-API-KEY"},
		},
		"targets": {
			notifications.Apprise{Enabled: true, Targets: []string{" discord://A/b ", "", "DISCORD://a/B", "mailto://x"}, TimeoutSeconds: 500},
			notifications.Apprise{Enabled: true, Mode: "cli", Targets: []string{"discord://A/b", "mailto://x"}, CLIPath: "apprise", TimeoutSeconds: 120, APIKeyHeader: "X-API-KEY"},
		},
		"no server": {
			notifications.Apprise{Enabled: true, Mode: "http", Targets: []string{"a://b"}, ServerURL: " / "},
			notifications.Apprise{Mode: "http", Targets: []string{"a://b"}, CLIPath: "apprise", TimeoutSeconds: 15, APIKeyHeader: "X-API-KEY"},
		},
		"server": {
			notifications.Apprise{Enabled: true, Mode: "http", ServerURL: "http://a:8000//", APIKeyHeader: "Key"},
			notifications.Apprise{Enabled: true, Mode: "http", Targets: []string{}, ServerURL: "http://a:8000", CLIPath: "apprise", TimeoutSeconds: 15, APIKeyHeader: "Key"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.said.Normal()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAppriseKeepsWhatItShows(t *testing.T) {
	stored := notifications.Apprise{APIKey: "geheim", Targets: []string{"tgram://1", "mailto://u:p@h", "tgram://2", "odd"}}
	shown := stored.Shown()
	want := notifications.Apprise{APIKey: hidden, Targets: []string{"tgram://" + hidden + "/1", "mailto://" + hidden + "/2", "tgram://" + hidden + "/3", hidden + "/4"}}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Fatal(diff)
	}
	shown.Targets = []string{shown.Targets[2], "new://3", shown.Targets[3]}
	back, err := shown.Restore(stored)
	if diff := cmp.Diff(notifications.Apprise{APIKey: "geheim", Targets: []string{"tgram://2", "new://3", "odd"}}, back); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, said := range []notifications.Apprise{{APIKey: hidden}, {Targets: []string{"tgram://" + hidden + "/2"}}} {
		if _, err := said.Restore(notifications.Apprise{Targets: []string{"tgram://1", "mailto://x"}}); !errors.Is(err, notifications.ErrMasked) {
			t.Errorf("%+v gave %v", said, err)
		}
	}
}

// FuzzAddress sees to it that what is shown of an address can always come back.
func FuzzAddress(f *testing.F) {
	for _, test := range addresses {
		f.Add(test.service, test.url)
	}
	f.Add("generic", "a://b{{/x@y?#}}/{{")
	f.Fuzz(func(t *testing.T, service, url string) {
		if strings.Contains(url, hidden) {
			return
		}
		stored := notifications.Webhook{URL: url, Service: service}
		if back, err := stored.Shown().Restore(stored); err != nil || back.URL != url {
			t.Errorf("%q is shown as %q and came back as %q, %v", url, stored.Shown().URL, back.URL, err)
		}
	})
}
