package webhook

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/outward"
	"github.com/pulse-hub/pulse/sdk"
)

// config is the configuration of an instance. Headers and custom fields are
// maps whose values may be secrets, which a form has no place for: each is one
// secret that holds a JSON object of strings.
type config struct {
	URL            sdk.Secret `json:"url" title:"URL" description:"Where messages go. Path and query may be a template." required:"true" max:"4000" x-pulse-group:"Target"`
	Service        string     `json:"service" title:"Service" description:"What reads the messages." enum:"generic,discord,slack,teams,teams-adaptive,telegram,pagerduty,pushover,gotify,ntfy,mattermost" default:"generic" x-pulse-group:"Target"`
	Method         string     `json:"method" title:"Method" description:"With GET nothing but the URL is sent." enum:"POST,PUT,PATCH,GET" default:"POST" x-pulse-group:"Target"`
	Headers        sdk.Secret `json:"headers" title:"Headers" description:"JSON object of strings. Values with a template in them are not sent." max:"32000" x-pulse-widget:"map" x-pulse-group:"Message"`
	CustomFields   sdk.Secret `json:"customFields" title:"Custom fields" description:"JSON object of strings that templates use, such as the tokens of PagerDuty and Pushover." max:"32000" x-pulse-widget:"map" x-pulse-group:"Message"`
	Template       string     `json:"template" title:"Template" description:"Payload in place of the service's own; JSON except for ntfy." format:"multiline" max:"60000" x-pulse-group:"Message"`
	Allowed        string     `json:"allowedPrivateNetworks" title:"Private networks" description:"Networks and addresses, separated by commas, that may be reached although they are private." max:"4000" x-pulse-group:"Limits"`
	TimeoutSeconds int        `json:"timeoutSeconds" title:"Timeout" description:"Seconds that a delivery may take." min:"1" max:"120" default:"30" x-pulse-group:"Limits"`

	Instance sdk.Instance `json:"-"`
}

// The limits of maps in the configuration.
const (
	maxEntries    = 50
	maxEntryBytes = 8 << 10
)

// settings are a configuration that was checked.
type settings struct {
	service      string
	method       string
	headers      map[string]string
	customFields map[string]string
	allow        outward.Allow
	timeout      time.Duration
}

func newSettings(c *config) (*settings, error) {
	s := &settings{
		service: valueOr(c.Service, serviceGeneric), method: valueOr(c.Method, http.MethodPost),
		timeout: 30 * time.Second,
	}
	if c.TimeoutSeconds > 0 {
		s.timeout = time.Duration(c.TimeoutSeconds) * time.Second
	}
	var err error
	if s.headers, err = readMap("/headers", c.Headers); err != nil {
		return nil, err
	}
	if s.customFields, err = readMap("/customFields", c.CustomFields); err != nil {
		return nil, err
	}
	if s.allow, err = outward.ParseAllow(c.Allowed); err != nil {
		return nil, sdk.FieldError{Path: "/allowedPrivateNetworks", Message: err.Error()}
	}
	return s, s.checkHeaders()
}

// readMap reads a JSON object of strings. No text at all is an empty one.
func readMap(path string, text sdk.Secret) (map[string]string, error) {
	entries := map[string]string{}
	if strings.TrimSpace(string(text)) == "" {
		return entries, nil
	}
	if err := json.Unmarshal([]byte(text), &entries); err != nil || entries == nil {
		return nil, sdk.FieldError{Path: path, Message: "must be a JSON object of strings"}
	}
	if len(entries) > maxEntries {
		return nil, sdk.FieldError{Path: path, Message: "has too many entries"}
	}
	for name, value := range entries {
		if len(name)+len(value) > maxEntryBytes {
			return nil, sdk.FieldError{Path: path, Message: "has an entry that is too long"}
		}
	}
	return entries, nil
}

// checkHeaders takes out headers with a template in them, which are told
// nobody, and refuses what is no header.
func (s *settings) checkHeaders() error {
	for name, value := range s.headers {
		if strings.Contains(value, "{{") {
			delete(s.headers, name)
			continue
		}
		if !isToken(name) || strings.ContainsFunc(value, isControl) {
			return sdk.FieldError{Path: "/headers", Message: "has an entry that is no HTTP header"}
		}
	}
	return nil
}

// isToken tells whether a text can be the name of a header (RFC 9110, section 5.6.2).
func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

func isControl(r rune) bool { return (r < ' ' && r != '\t') || r == 0x7f }

// header returns the value of a header whatever the case of its name.
func (s *settings) header(name string) string {
	for own, value := range s.headers {
		if strings.EqualFold(own, name) {
			return value
		}
	}
	return ""
}

func valueOr(value, standard string) string {
	if value == "" {
		return standard
	}
	return value
}
