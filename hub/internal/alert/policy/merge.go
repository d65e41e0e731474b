package policy

import (
	"bytes"
	"encoding/json"
	"errors"
)

// errNoObject is the decoder's silence about a body that is null.
var errNoObject = errors.New("json: cannot unmarshal null into an alert configuration")

// Merge returns the current configuration with what a JSON object of the published API says, normalised. Fields absent
// from the object keep their value, in nested objects too. Maps by name or id and lists are replaced whole; null
// empties them. Neither argument is changed, and the result shares nothing with them.
//
// A field that cannot be taken is a *FieldError. A body that is not a JSON object gives the decoder's error. How long
// a body may be is the business of who reads it.
func Merge(current Config, body []byte) (Config, error) {
	if bytes.Equal(bytes.TrimSpace(body), []byte("null")) {
		return Config{}, errNoObject
	}
	var said mention
	if err := json.Unmarshal(body, &said); err != nil {
		return Config{}, decodeError(err)
	}
	out := clone(current)
	said.makeRoom(&out)
	if err := json.Unmarshal(body, &out); err != nil {
		return Config{}, decodeError(err)
	}
	if out.ActivationState == "" {
		out.ActivationState = current.ActivationState
	}
	if err := normalise(&out); err != nil {
		return Config{}, err
	}
	return out, nil
}

// mention tells what a body says from what it does not, where that matters: the decoder adds to maps and reuses the
// elements of lists, and of a number in two forms the one that the body does not mention must not win.
type mention struct {
	Overrides                      json.RawMessage `json:"overrides"`
	CustomRules                    json.RawMessage `json:"customRules"`
	DockerIgnoredContainerPrefixes json.RawMessage `json:"dockerIgnoredContainerPrefixes"`
	IgnoredGuestPrefixes           json.RawMessage `json:"ignoredGuestPrefixes"`
	GuestTagWhitelist              json.RawMessage `json:"guestTagWhitelist"`
	GuestTagBlacklist              json.RawMessage `json:"guestTagBlacklist"`
	TimeThresholds                 json.RawMessage `json:"timeThresholds"`
	MetricTimeThresholds           json.RawMessage `json:"metricTimeThresholds"`
	Maintenance                    json.RawMessage `json:"maintenance"`
	QueryRules                     json.RawMessage `json:"queryRules"`
	DisabledTypes                  json.RawMessage `json:"disabledTypes"`

	GuestDefaults ThresholdConfig `json:"guestDefaults"`
	NodeDefaults  ThresholdConfig `json:"nodeDefaults"`
	HostDefaults  ThresholdConfig `json:"hostDefaults"`
	PBSDefaults   ThresholdConfig `json:"pbsDefaults"`

	Schedule struct {
		QuietHours struct {
			Days json.RawMessage `json:"days"`
		} `json:"quietHours"`
		Escalation struct {
			Levels json.RawMessage `json:"levels"`
		} `json:"escalation"`
		GroupingWindow int `json:"groupingWindow"`
		Grouping       struct {
			Window *int `json:"window"`
		} `json:"grouping"`
	} `json:"schedule"`
}

// makeRoom removes from a configuration what the body replaces.
func (m *mention) makeRoom(c *Config) {
	drop(m.Overrides, &c.Overrides)
	drop(m.CustomRules, &c.CustomRules)
	drop(m.DockerIgnoredContainerPrefixes, &c.DockerIgnoredContainerPrefixes)
	drop(m.IgnoredGuestPrefixes, &c.IgnoredGuestPrefixes)
	drop(m.GuestTagWhitelist, &c.GuestTagWhitelist)
	drop(m.GuestTagBlacklist, &c.GuestTagBlacklist)
	drop(m.TimeThresholds, &c.TimeThresholds)
	drop(m.MetricTimeThresholds, &c.MetricTimeThresholds)
	drop(m.Maintenance, &c.Maintenance)
	drop(m.QueryRules, &c.QueryRules)
	drop(m.DisabledTypes, &c.DisabledTypes)
	drop(m.Schedule.QuietHours.Days, &c.Schedule.QuietHours.Days)
	drop(m.Schedule.Escalation.Levels, &c.Schedule.Escalation.Levels)

	m.GuestDefaults.dropReplaced(&c.GuestDefaults)
	m.NodeDefaults.dropReplaced(&c.NodeDefaults)
	m.HostDefaults.dropReplaced(&c.HostDefaults)
	m.PBSDefaults.dropReplaced(&c.PBSDefaults)

	if m.Schedule.GroupingWindow > 0 && m.Schedule.Grouping.Window == nil {
		c.Schedule.Grouping.Window = 0
	}
}

// drop empties a field that a body mentions.
func drop[T any](said json.RawMessage, field *T) {
	if said != nil {
		var zero T
		*field = zero
	}
}

// dropReplaced removes the thresholds of c for which t, being what a body says, has a legacy number only.
func (t *ThresholdConfig) dropReplaced(c *ThresholdConfig) {
	to := c.slots()
	for i, said := range t.slots() {
		if said.legacy != nil && *said.legacy != nil && *said.threshold == nil {
			*to[i].threshold = nil
		}
	}
}
