// Package doctor tells a person what the agent can and cannot see, and why.
package doctor

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/module"
	"github.com/pulse-hub/pulse/agent/internal/sender"
	"github.com/pulse-hub/pulse/agent/internal/spool"
	"github.com/pulse-hub/pulse/agent/report"
)

// Bounds of a question to one hub, and of the examination of one module.
const (
	hubTimeout    = 20 * time.Second
	moduleTimeout = 2 * time.Minute
)

// Section is the checks of one part of the agent.
type Section struct {
	Title  string
	Checks []module.Check
}

// Healthy reports whether nothing has failed. What is not there, or what the agent may not see, is no failure: an agent is
// meant to run with the least permissions its user wants to give.
func Healthy(sections []Section) bool {
	for _, section := range sections {
		for _, check := range section.Checks {
			if check.State == module.Failed {
				return false
			}
		}
	}
	return true
}

// Write writes the sections as text.
func Write(to io.Writer, sections []Section) error {
	for _, section := range sections {
		if _, err := fmt.Fprintf(to, "\n%s\n", section.Title); err != nil {
			return fmt.Errorf("write findings: %w", err)
		}
		for _, check := range section.Checks {
			if _, err := io.WriteString(to, line(check)); err != nil {
				return fmt.Errorf("write findings: %w", err)
			}
		}
	}
	return nil
}

// line returns one check, with its reason and remedy.
func line(check module.Check) string {
	text := fmt.Sprintf("  %-13s  %s", check.State, check.Name)
	if check.Reason != "" {
		text += ": " + check.Reason
	}
	if check.Remedy != "" && check.State != module.OK {
		text += fmt.Sprintf("\n%17s> %s", "", check.Remedy)
	}
	return text + "\n"
}

// Module returns what the module can see. What takes longer than two minutes has failed.
func Module(ctx context.Context, subject module.Module) Section {
	limited, cancel := context.WithTimeoutCause(ctx, moduleTimeout, fmt.Errorf("not done in %s", moduleTimeout))
	defer cancel()
	return Section{Title: subject.Info().Name, Checks: module.Try(limited, subject)}
}

// Hub asks a hub about this agent and returns whether it can be reached, takes the token, and would take the reports of
// these modules with it. It reports nothing.
func Hub(ctx context.Context, target *sender.Target, agentID string, modules []module.Info) Section {
	section := Section{Title: "hub " + target.Name()}
	limited, cancel := context.WithTimeoutCause(ctx, hubTimeout, fmt.Errorf("no answer in %s", hubTimeout))
	defer cancel()
	status, body, err := target.Get(limited, "/api/agents/host/lookup?id="+url.QueryEscape(agentID))
	if err != nil {
		section.Checks = []module.Check{{
			Name: "connection", State: module.Failed, Reason: err.Error(),
			Remedy: "check the hub's address, firewalls between, and its certificate",
		}}
		return section
	}
	reportsHost := slices.ContainsFunc(modules, func(each module.Info) bool { return each.Path == report.HostPath })
	token := tokenCheck(status, body, reportsHost)
	section.Checks = []module.Check{{Name: "connection", State: module.OK}, token}
	for _, each := range modules {
		if each.Path != report.HostPath && token.State == module.OK {
			section.Checks = append(section.Checks, reportCheck(limited, target, each))
		}
	}
	return section
}

// reportCheck asks whether a module may report. The lookup has told that of the host module.
func reportCheck(ctx context.Context, target *sender.Target, info module.Info) module.Check {
	check := module.Check{Name: info.Name + " reports", State: module.OK}
	status, body, err := target.Try(ctx, info.Path)
	if err != nil {
		check.State, check.Reason = module.Failed, err.Error()
		return check
	}
	if status == http.StatusForbidden {
		var answer report.ErrorAnswer
		_ = json.Unmarshal(body, &answer) // the status says enough
		check.State, check.Reason = module.Failed, "the token does not allow them"
		check.Remedy = "give the token the scope " + cmp.Or(answer.RequiredScope, "to report "+info.Name)
	}
	return check
}

// tokenCheck judges the hub's answer to a question that needs the permission reports of the host module need.
func tokenCheck(status int, body []byte, reportsHost bool) module.Check {
	var answer struct {
		report.ErrorAnswer
		Success bool `json:"success"`
	}
	known := json.Unmarshal(body, &answer) == nil && (answer.Success || answer.Code != "")
	check := module.Check{Name: "token", State: module.Failed, Reason: answer.Error}
	switch {
	case status == http.StatusUnauthorized:
		check.Remedy = "make a new token on the hub and configure it here"
		if check.Reason == "" {
			check.Reason = "the hub does not know it"
		}
	case !known:
		check.Name, check.Reason = "hub", fmt.Sprintf("answered %d, but not as a hub does", status)
		check.Remedy = "check the hub's address, and whether a proxy answers in its place"
	case status == http.StatusOK:
		check = module.Check{Name: "token", State: module.OK, Reason: "the hub knows this machine"}
	case answer.Code == "host_not_found":
		check = module.Check{Name: "token", State: module.OK, Reason: "the hub has no report of this machine yet"}
	case answer.Code == "host_lookup_forbidden":
		check = module.Check{Name: "token", State: module.OK, Reason: "this machine has reported with another token before"}
	case answer.Code == "missing_scope" && !reportsHost:
		check = module.Check{Name: "token", State: module.OK, Reason: "the hub knows it"}
	case status == http.StatusForbidden:
		check.Remedy = "give the token the scope host-agent:report"
	}
	return check
}

// Spool looks at the spool of each module below the directory, without touching it.
func Spool(dir string, modules []string) Section {
	section := Section{Title: "spool " + dir}
	for _, name := range modules {
		reports, bytes, err := spool.Inspect(filepath.Join(dir, name))
		check := module.Check{Name: name, State: module.OK, Reason: fmt.Sprintf("%d reports on file, %d bytes", reports, bytes)}
		if err != nil {
			check = denied(name, err)
		}
		section.Checks = append(section.Checks, check)
	}
	section.Checks = append(section.Checks, writable(dir))
	return section
}

// writable tries to make a file in a directory, or beside where the directory would be made.
func writable(dir string) module.Check {
	for {
		if _, err := os.Stat(dir); err == nil || filepath.Dir(dir) == dir {
			break
		}
		dir = filepath.Dir(dir)
	}
	file, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return denied("directory", err)
	}
	_ = file.Close()
	_ = os.Remove(file.Name()) // as empty as it is
	return module.Check{Name: "directory", State: module.OK, Reason: "can be written to"}
}

// denied is a failure with the remedy that nearly all of its kind have.
func denied(name string, err error) module.Check {
	return module.Check{
		Name: name, State: module.Failed, Reason: err.Error(),
		Remedy: "let the agent's user own the directory, or choose another with --spool-dir; until then reports wait in memory only",
	}
}
