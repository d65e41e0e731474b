package apprise

import (
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/secret"
)

// How Apprise is reached.
const (
	modeProgram = "cli"
	modeServer  = "http"
)

// config is the configuration of an instance. Targets are one text because a
// form has secrets only where it has one line or one text.
type config struct {
	Mode           string     `json:"mode" title:"Way" description:"http: an Apprise server. cli: the apprise program on the hub's machine." enum:"cli,http" default:"cli" x-pulse-group:"Apprise"`
	ServerURL      string     `json:"serverUrl" title:"Server" description:"Address of the Apprise server." format:"uri" max:"1000" x-pulse-group:"Server" x-pulse-show-if:"mode=http" x-pulse-placeholder:"http://apprise.example.com:8000"`
	ConfigKey      string     `json:"configKey" title:"Configuration key" description:"Name of a configuration that the server keeps." max:"200" x-pulse-group:"Server" x-pulse-show-if:"mode=http"`
	APIKey         sdk.Secret `json:"apiKey" title:"Key" description:"For servers that ask for one." x-pulse-group:"Server" x-pulse-show-if:"mode=http"`
	APIKeyHeader   string     `json:"apiKeyHeader" title:"Header of the key" default:"X-API-KEY" max:"100" x-pulse-group:"Server" x-pulse-show-if:"mode=http"`
	SkipTLSVerify  bool       `json:"skipTlsVerify" title:"Do not check the certificate" description:"Anybody on the way can then read the key and the targets." default:"false" x-pulse-group:"Server" x-pulse-show-if:"mode=http"`
	CLIPath        string     `json:"cliPath" title:"Program" description:"Name or path of one of the programs that the file programs in the plugin's folder lists." default:"apprise" max:"1000" x-pulse-group:"Program" x-pulse-show-if:"mode=cli"`
	Targets        sdk.Secret `json:"targets" title:"Targets" description:"URLs of Apprise, one to a line. A server with a configuration of its own needs none." max:"60000" x-pulse-widget:"multiline" x-pulse-group:"Apprise"`
	TimeoutSeconds int        `json:"timeoutSeconds" title:"Timeout" description:"Seconds that a delivery may take." min:"5" max:"120" default:"15" x-pulse-group:"Apprise"`

	Instance sdk.Instance `json:"-"`
}

func (c *config) timeout() time.Duration {
	return time.Duration(min(max(c.TimeoutSeconds, 5), 120)) * time.Second
}

// maxTargets bounds the targets.
const maxTargets = 100

// targets returns the targets without those that differ from another one in case only.
func (c *config) targets() ([]string, error) {
	var list []string
	known := map[string]bool{}
	for line := range strings.SplitSeq(string(c.Targets), "\n") {
		line = strings.TrimSpace(line)
		folded := strings.ToLower(line)
		if line == "" || known[folded] {
			continue
		}
		known[folded] = true
		if strings.ContainsFunc(line, unicode.IsControl) {
			return nil, sdk.FieldError{Path: "/targets", Message: "must not contain control characters"}
		}
		list = append(list, line)
	}
	if len(list) > maxTargets {
		return nil, sdk.FieldError{Path: "/targets", Message: "must be at most 100"}
	}
	return list, nil
}

// redactor takes targets out of answers, whole and without their scheme. The
// SDK knows them only all together.
func redactor(targets []string) secret.Redactor {
	var values []string
	for _, target := range targets {
		_, rest, _ := strings.Cut(target, "://")
		values = append(values, target, strings.TrimRight(rest, "/"))
	}
	return secret.NewRedactor(values)
}

// endpoint returns where messages are posted.
func (c *config) endpoint() (string, error) {
	u, err := url.Parse(strings.TrimRight(c.ServerURL, "/"))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return "", sdk.FieldError{Path: "/serverUrl", Message: "must be a URL like http://host:8000"}
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", sdk.FieldError{Path: "/serverUrl", Message: "must hold neither a login nor a query"}
	}
	if c.ConfigKey == "" {
		return u.JoinPath("notify").String(), nil
	}
	return u.JoinPath("notify", url.PathEscape(c.ConfigKey)).String(), nil
}

// keyHeader returns the header that the key goes into.
func (c *config) keyHeader() (string, error) {
	name := c.APIKeyHeader
	if name == "" {
		name = "X-API-KEY"
	}
	if !regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$").MatchString(name) {
		return "", sdk.FieldError{Path: "/apiKeyHeader", Message: "must be the name of a header"}
	}
	if strings.ContainsFunc(string(c.APIKey), unicode.IsControl) {
		return "", sdk.FieldError{Path: "/apiKey", Message: "must not contain control characters"}
	}
	return name, nil
}
