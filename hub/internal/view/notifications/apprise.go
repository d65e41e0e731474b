package notifications

import (
	"net/url"
	"strconv"
	"strings"
)

// The modes of Apprise.
const (
	AppriseProgram = "cli"
	AppriseServer  = "http"
)

// Apprise is how messages are passed on to Apprise, which knows many services.
type Apprise struct {
	Enabled        bool     `json:"enabled" description:"False, whatever is asked for, without a target (cli) or a server (http)."`
	Mode           string   `json:"mode" enum:"cli,http"`
	Targets        []string `json:"targets" description:"URLs of Apprise. Answers show their scheme and their place in the list; what was shown keeps what is stored."`
	CLIPath        string   `json:"cliPath"`
	TimeoutSeconds int      `json:"timeoutSeconds" description:"5 to 120."`
	ServerURL      string   `json:"serverUrl,omitempty"`
	ConfigKey      string   `json:"configKey,omitempty"`
	APIKey         string   `json:"apiKey,omitempty" description:"Masked in answers; what was shown keeps what is stored."`
	APIKeyHeader   string   `json:"apiKeyHeader,omitempty"`
	SkipTLSVerify  bool     `json:"skipTlsVerify,omitempty"`
}

// The bounds of a try, in seconds, and how long it takes by itself.
const (
	minAppriseTimeout     = 5
	maxAppriseTimeout     = 120
	defaultAppriseTimeout = 15
)

// Normal returns the configuration as it is used: complete, trimmed, in bounds, and enabled only if it could work.
func (a Apprise) Normal() Apprise {
	if a.Mode != AppriseServer {
		a.Mode = AppriseProgram
	}
	a.Targets = distinct(a.Targets)
	a.CLIPath = orElse(strings.TrimSpace(a.CLIPath), "apprise")
	a.ServerURL = strings.TrimRight(strings.TrimSpace(a.ServerURL), "/")
	a.ConfigKey, a.APIKey = strings.TrimSpace(a.ConfigKey), strings.TrimSpace(a.APIKey)
	a.APIKeyHeader = orElse(strings.TrimSpace(a.APIKeyHeader), "X-API-KEY")
	if a.TimeoutSeconds <= 0 {
		a.TimeoutSeconds = defaultAppriseTimeout
	}
	a.TimeoutSeconds = min(max(a.TimeoutSeconds, minAppriseTimeout), maxAppriseTimeout)
	a.Enabled = a.Enabled && a.Missing() == ""
	return a
}

// Missing names what the configuration lacks to work, for people; empty: nothing.
func (a Apprise) Missing() string {
	switch {
	case a.Mode != AppriseServer && len(distinct(a.Targets)) == 0:
		return "at least one target is required for CLI mode"
	case a.Mode == AppriseServer && strings.TrimSpace(a.ServerURL) == "":
		return "a server URL is required for HTTP mode"
	}
	return ""
}

// Shown returns what may be shown: the key masked, and of targets their scheme and place.
func (a Apprise) Shown() Apprise {
	a.APIKey = mask(a.APIKey)
	targets := make([]string, len(a.Targets))
	for i, target := range a.Targets {
		targets[i] = maskTarget(target, i)
	}
	a.Targets = targets
	return a
}

// Restore returns the configuration with what is masked in it replaced by what is stored. ErrMasked says that there is
// no such thing stored.
func (a Apprise) Restore(stored Apprise) (Apprise, error) {
	if a.APIKey == Redacted {
		if a.APIKey = stored.APIKey; a.APIKey == "" {
			return Apprise{}, masked("apiKey")
		}
	}
	shown := map[string]string{}
	for i, target := range stored.Targets {
		shown[maskTarget(target, i)] = target
	}
	targets := make([]string, len(a.Targets))
	for i, target := range a.Targets {
		targets[i] = target
		if !strings.Contains(target, Redacted) {
			continue
		}
		known, ok := shown[strings.TrimSpace(target)]
		if !ok {
			return Apprise{}, masked("targets")
		}
		targets[i] = known
	}
	a.Targets = targets
	return a, nil
}

// maskTarget shows the scheme of a target, which is the name of a service, and its place, by which Restore finds it.
func maskTarget(target string, at int) string {
	place := Redacted + "/" + strconv.Itoa(at+1)
	if u, err := url.Parse(target); err == nil && u.Scheme != "" {
		return u.Scheme + "://" + place
	}
	return place
}

// distinct returns texts trimmed, without empty ones and without those that differ from an earlier one in case only.
func distinct(texts []string) []string {
	known := map[string]bool{}
	kept := make([]string, 0, len(texts))
	for _, text := range texts {
		text = strings.TrimSpace(text)
		if folded := strings.ToLower(text); text != "" && !known[folded] {
			known[folded] = true
			kept = append(kept, text)
		}
	}
	return kept
}

func orElse(text, other string) string {
	if text != "" {
		return text
	}
	return other
}
