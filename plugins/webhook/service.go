package webhook

import (
	"embed"
	"fmt"
	"strings"
	"text/template"
	"time"

	"github.com/pulse-hub/pulse/plugins/webhook/internal/language"
	"github.com/pulse-hub/pulse/plugins/webhook/internal/markup"
	"github.com/pulse-hub/pulse/sdk"
)

// The services.
const (
	serviceGeneric    = "generic"
	serviceDiscord    = "discord"
	serviceSlack      = "slack"
	serviceTeams      = "teams"
	serviceAdaptive   = "teams-adaptive"
	serviceTelegram   = "telegram"
	servicePagerDuty  = "pagerduty"
	servicePushover   = "pushover"
	serviceGotify     = "gotify"
	serviceNtfy       = "ntfy"
	serviceMattermost = "mattermost"
)

// templates holds the payload of each service.
//
//go:embed templates/*.tmpl
var templates embed.FS

// source returns the template of a service's payload.
func source(service string) (string, error) {
	text, err := templates.ReadFile("templates/" + service + ".tmpl")
	if err != nil {
		return "", fmt.Errorf("read template: %w", err)
	}
	return strings.TrimSuffix(string(text), "\n"), nil
}

// modeOf tells what templates of a service make.
func modeOf(service string) language.Mode {
	if service == serviceNtfy {
		return language.Text
	}
	return language.JSON
}

// contentType is what a service's payload is sent as.
func contentType(service string) string {
	if service == serviceNtfy {
		return "text/plain"
	}
	return "application/json"
}

// functions are those that write values as services read them. The number is
// the greatest length.
func functions() template.FuncMap {
	written := func(write func(int, string) string) func(int, any) string {
		return func(limit int, value any) string { return write(limit, fmt.Sprint(value)) }
	}
	return template.FuncMap{
		"plain":      written(markup.Plain),
		"line":       written(markup.Line),
		"commonmark": written(markup.CommonMark),
		"discord":    written(markup.Discord),
		"telegram":   written(markup.Telegram),
		"slack":      written(markup.Slack),
		"bare":       bare,
		"dedupkey":   dedupKey,
		"unix":       unix,
	}
}

// bare takes out what would end an entity of Telegram, within which nothing can be escaped.
func bare(text string) string {
	return strings.NewReplacer("*", "", "_", "", "`", "", "[", "").Replace(text)
}

// unix writes a moment in RFC 3339 as Unix seconds; what is none is 0.
func unix(moment string) int64 {
	at, err := time.Parse(time.RFC3339, moment)
	if err != nil || at.Unix() < 0 {
		return 0
	}
	return at.Unix()
}

// checkService says what a service lacks for its own payload.
func (s *settings) checkService() error {
	lacks := func(message string) error { return sdk.FieldError{Path: "/customFields", Message: message} }
	field := s.customFields
	switch s.service {
	case servicePagerDuty:
		if field["routing_key"] == "" {
			field["routing_key"] = s.header("routing_key")
		}
		if field["routing_key"] == "" {
			return lacks("PagerDuty needs a routing_key")
		}
	case servicePushover:
		if field["app_token"] == "" && field["token"] == "" {
			return lacks("Pushover needs an app_token")
		}
		if field["user_token"] == "" && field["user"] == "" {
			return lacks("Pushover needs a user_token")
		}
		return s.checkNumbers()
	}
	return nil
}

func titled(text string) string { return language.Title(text) }

func oneLine(limit int, text string) string { return markup.Line(limit, text) }
