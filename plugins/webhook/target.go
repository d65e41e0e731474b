package webhook

import (
	"net/url"
	"strings"

	"github.com/pulse-hub/pulse/plugins/internal/outward"
	"github.com/pulse-hub/pulse/plugins/webhook/internal/language"
	"github.com/pulse-hub/pulse/sdk"
)

// target is the URL that messages go to, which may be a template behind the host.
type target struct {
	base     string // scheme and host as they are written: nothing may change them
	template *language.Template
	static   bool // it is no template
}

// newTarget reads a URL and checks what can be checked without asking anybody.
func newTarget(text string, service string, guard *outward.Guard) (target, error) {
	refuse := func(why string) (target, error) { return target{}, sdk.FieldError{Path: "/url", Message: why} }
	text = strings.TrimSpace(text)
	base := baseOf(text)
	if strings.Contains(base, "{{") {
		return refuse("must not have a template in scheme, host or port")
	}
	parsed, err := url.Parse(base)
	if err != nil || base == "" {
		return refuse("must be a URL like https://host/path")
	}
	if err := guard.CheckURL(parsed); err != nil {
		return refuse(err.Error())
	}
	t := target{base: base, static: !strings.Contains(text, "{{")}
	if t.template, err = language.Parse(text, language.URL, functions()); err != nil {
		return refuse("is no valid template")
	}
	if !t.static {
		return t, nil
	}
	whole, err := url.Parse(text)
	if err != nil {
		return refuse("must be a URL like https://host/path")
	}
	if service == serviceTelegram && !isChatID(whole.Query().Get("chat_id")) {
		return refuse("must have the chat in its query: ?chat_id=123456, or ?chat_id=-100123456 for a group")
	}
	return t, nil
}

// baseOf returns the URL up to the path, the query or the fragment.
func baseOf(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return ""
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return scheme + "://" + rest
}

// resolve makes the URL of a message. Of Telegram it takes the chat out of the
// query and puts it into the data.
func (t *target) resolve(d *data, service string) (*url.URL, error) {
	text, err := t.template.Render(d)
	if err != nil {
		return nil, rejected("url template: %w", err)
	}
	u, err := url.Parse(string(text))
	if err != nil {
		return nil, rejected("url template: it makes no url")
	}
	u.Fragment = ""
	if service != serviceTelegram {
		return u, nil
	}
	query := u.Query()
	if d.ChatID = query.Get("chat_id"); !isChatID(d.ChatID) {
		return nil, rejected("url template: it makes no chat_id")
	}
	query.Del("chat_id")
	u.RawQuery = query.Encode()
	return u, nil
}

// isChatID tells whether a text is the number of a chat of Telegram.
func isChatID(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	return digits != "" && len(digits) <= 20 && strings.Trim(digits, "0123456789") == ""
}
