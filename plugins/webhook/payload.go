package webhook

import (
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/plugins/webhook/internal/language"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// readTemplates reads the operator's template and the service's own.
func (c *channel) readTemplates(custom string) error {
	lacking := c.settings.checkService()
	if strings.TrimSpace(custom) == "" {
		if lacking != nil {
			return lacking
		}
	} else {
		own, err := language.Parse(custom, modeOf(c.settings.service), functions())
		if err != nil {
			return sdk.FieldError{Path: "/template", Message: "is no valid template: " + err.Error()}
		}
		c.custom = own
	}
	if c.settings.service == serviceGeneric {
		return nil
	}
	text, err := source(c.settings.service)
	if err != nil {
		return err
	}
	c.own, err = language.Parse(text, modeOf(c.settings.service), functions())
	return err
}

// render writes the payload of a message.
func (c *channel) render(d *data) ([]byte, error) {
	chosen := c.templateFor(d.Event)
	if chosen == nil {
		return genericBody(d)
	}
	body, err := chosen.Render(d)
	if err != nil {
		return nil, rejected("template: %w", err)
	}
	return body, nil
}

// templateFor returns the template of a phase: the operator's unless it cannot
// tell that an alert is over, the service's own, or nil for generic webhooks.
func (c *channel) templateFor(phase string) *language.Template {
	if c.custom != nil && (phase != notification.PhaseResolved || tellsResolved(c.custom)) {
		return c.custom
	}
	return c.own
}

// tellsResolved tells whether a template can say that an alert is over. One
// that cannot would tell that it began once more.
func tellsResolved(t *language.Template) bool {
	return slices.ContainsFunc([]string{"Event", "Resolved", "ResolvedAt"}, t.Mentions)
}
