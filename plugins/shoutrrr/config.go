package shoutrrr

import (
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/pulse-hub/pulse/sdk"
)

// config is the configuration of an instance.
type config struct {
	URL sdk.Secret `json:"url" title:"URL" description:"Names the service and holds what it asks for, as https://shoutrrr.nickfedor.com describes: rocketchat://host/token." required:"true" max:"4000"`

	Instance sdk.Instance `json:"-"`
}

// services returns what a URL may begin with: the services whose requests all
// go through a trip. Others of the library connect by themselves, or have a
// plugin of their own.
func services() []string {
	return []string{
		"bark", "generic", "googlechat", "ifttt", "join", "lark", "matrix", "notifiarr", "opsgenie",
		"pushbullet", "rocketchat", "signal", "zulip",
	}
}

// check returns what is wrong with the URL, as far as that can be told without asking the service.
func (c *config) check() error {
	text := string(c.URL)
	if strings.ContainsFunc(text, unicode.IsControl) {
		return sdk.FieldError{Path: "/url", Message: "must not contain control characters"}
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" {
		return sdk.FieldError{Path: "/url", Message: "must be a URL like service://…"}
	}
	service, _, _ := strings.Cut(strings.ToLower(u.Scheme), "+")
	if !slices.Contains(services(), service) {
		return sdk.FieldError{Path: "/url", Message: "must begin with one of " + strings.Join(services(), ", ")}
	}
	return nil
}
