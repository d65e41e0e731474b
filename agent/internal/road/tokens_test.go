package roadtest

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/agent/internal/docker/enginetest"
)

// logged waits until a process has written a line with all these parts, and returns it.
func (p *process) logged(t testing.TB, parts ...string) string {
	t.Helper()
	var found string
	until(t, patience, func() string {
		for line := range strings.Lines(p.log.String()) {
			lacks := false
			for _, part := range parts {
				lacks = lacks || !strings.Contains(line, part)
			}
			if !lacks {
				found = line
				return ""
			}
		}
		return fmt.Sprintf("%s has not written %q", p.name, parts)
	})
	return found
}

// doctor runs the agent's doctor and returns what it says and its exit code.
func doctor(t testing.TB, options agentOptions) (text string, code int) {
	t.Helper()
	cmd := agentCommand(t, options, "doctor")
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return output.String(), cmd.ProcessState.ExitCode()
}

const wrongToken = "no-token-of-this-hub"

func TestWrongToken(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	options := agentOptions{dir: t.TempDir(), url: h.url, token: wrongToken, args: []string{"--interval", every.String()}}
	agent := startAgent(t, options)
	line := agent.logged(t, "host: report was not accepted, keeping it", "status 401")
	t.Logf("the agent writes: %s", line)
	text, code := doctor(t, options)
	if code != 1 || !regexp.MustCompile(`failed +token: \S`).MatchString(text) || !strings.Contains(text, "make a new token on the hub") {
		t.Errorf("the doctor's exit code is %d, and it says:\n%s", code, text)
	}
	if strings.Contains(agent.log.String()+text, wrongToken) {
		t.Error("the token is shown")
	}
	spooled(t, options.dir, 2)
	if n := strings.Count(agent.log.String(), "status 401"); n != 1 {
		t.Errorf("it says so %d times", n)
	}
	if n := len(h.state(t).Hosts); n != 0 {
		t.Errorf("%d machines are shown", n)
	}

	agent.stop(t)
	options.token = token
	agent = startAgent(t, options)
	agent.logged(t, "host: hub accepts reports")
	until(t, patience, func() string {
		if n := len(h.state(t).Hosts); n != 1 {
			return fmt.Sprintf("%d machines are shown", n)
		}
		return ""
	})
	if text, code := doctor(t, options); code != 0 || !regexp.MustCompile(`ok +token: \S`).MatchString(text) {
		t.Errorf("with the right token the doctor's exit code is %d, and it says:\n%s", code, text)
	}
}

// hostToken makes a token that allows reports of machines only, in the way a person gets one for an agent.
func hostToken(t testing.TB, h *hub) string {
	t.Helper()
	var made struct{ Token string }
	h.post(t, "/api/agent-install-command", []byte(`{"type":"pve"}`), &made)
	if made.Token == "" {
		t.Fatal("no token was made")
	}
	return made.Token
}

func TestTokenForMachinesOnly(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	fake := enginetest.NewFake(t)
	fake.Add(enginetest.Container{Name: "web", Running: true})
	options := agentOptions{url: h.url, dir: t.TempDir(), token: hostToken(t, h), socket: fake.Socket, args: []string{"--interval", every.String()}}
	agent := startAgent(t, options)
	line := agent.logged(t, "docker: hub forbids the token to report", "403", "docker:report")
	t.Logf("the agent writes: %s", line)
	var seen int64
	for range 3 { // the machine's reports go on
		until(t, patience, func() string {
			s := h.state(t)
			if len(s.DockerHosts) != 0 {
				t.Fatalf("an engine is shown: %+v", s.DockerHosts)
			}
			if len(s.Hosts) != 1 || s.Hosts[0].LastSeen <= seen || s.Hosts[0].Status != "online" {
				return fmt.Sprintf("machines: %+v", s.Hosts)
			}
			seen = s.Hosts[0].LastSeen
			return ""
		})
	}
	if n := strings.Count(agent.log.String(), "forbids"); n != 1 {
		t.Errorf("it says so %d times", n)
	}
	text, code := doctor(t, options)
	if code != 1 || !regexp.MustCompile(`ok +token: \S`).MatchString(text) || !regexp.MustCompile(`failed +docker reports: \S`).MatchString(text) ||
		!strings.Contains(text, "give the token the scope docker:report") {
		t.Errorf("the doctor's exit code is %d, and it says:\n%s", code, text)
	}
	var answer struct{ Error, RequiredScope string }
	status, err := h.request(http.MethodPost, "/api/agents/docker/report", map[string]string{"X-API-Token": options.token}, []byte(`{}`), &answer)
	if err != nil || status != http.StatusForbidden || answer.RequiredScope != "docker:report" {
		t.Errorf("a report of an engine gives %d %+v, %v", status, answer, err)
	}
}
