package register

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
)

const secret = "11111111-2222-3333-4444-555555555555"

// server is a machine with products of Proxmox.
type server struct {
	version     string // of Proxmox VE; empty: it is not installed
	backup      bool   // Proxmox Backup Server is installed
	users       []string
	tokens      []string
	calls       []string
	failing     string // the beginning of a call that fails
	tokenAnswer string // empty: the usual
}

func (s *server) run(_ context.Context, name string, args ...string) (command.Result, error) {
	line := strings.Join(append([]string{name}, args...), " ")
	if name == "proxmox-backup-manager" && !s.backup || name != "proxmox-backup-manager" && s.version == "" {
		return command.Result{}, fmt.Errorf("run %s: %w", name, command.ErrNotInstalled)
	}
	if s.failing != "" && strings.HasPrefix(line, s.failing) {
		return command.Result{ExitCode: 2, Message: "permission denied"}, nil
	}
	list := func(key string, values []string) (command.Result, error) {
		entries := []map[string]string{}
		for _, value := range values {
			entries = append(entries, map[string]string{key: value, "comment": "x"})
		}
		raw, err := json.Marshal(entries)
		return command.Result{Stdout: raw}, err
	}
	switch {
	case line == "pveversion":
		return command.Result{Stdout: []byte("pve-manager/" + s.version + "/2a5fa54a8503f96d (running kernel: 6.8.12-9-pve)\n")}, nil
	case line == "proxmox-backup-manager version":
		return command.Result{}, nil
	case strings.Contains(line, " user list "):
		return list("userid", s.users)
	case strings.Contains(line, " token list ") || strings.Contains(line, " list-tokens "):
		return list("tokenid", s.tokens)
	case strings.Contains(line, " role list "):
		return list("roleid", []string{"PVEAuditor"})
	}
	s.calls = append(s.calls, line)
	if strings.Contains(line, " token add ") || strings.Contains(line, " generate-token ") {
		answer := s.tokenAnswer
		if answer == "" {
			answer = `Result: {"tokenid": "x", "value": "` + secret + `"}` + "\n"
		}
		return command.Result{Stdout: []byte(answer)}, nil
	}
	return command.Result{}, nil
}

// hub takes registrations.
type hub struct {
	heard  []map[string]any
	status int
	body   string
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || r.URL.Path != "/api/auto-register" || r.Header.Get("X-API-Token") != "api-token" {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	h.heard = append(h.heard, body)
	if h.status != 0 {
		w.WriteHeader(h.status)
	}
	if h.body == "" {
		h.body = `{"status":"success","message":"Node registered","nodeId":"x"}`
	}
	_, _ = io.WriteString(w, h.body)
}

func newRegistrar(t *testing.T, machine *server, h *hub) *Registrar {
	t.Helper()
	web := httptest.NewServer(h)
	t.Cleanup(web.Close)
	return New(Options{
		Type: "auto", URL: web.URL, Token: "api-token", Client: web.Client(), Hostname: "Pve.1", StateDir: t.TempDir(),
		Command: machine.run, Root: true, Logger: hclog.NewNullLogger(),
	})
}

func TestProxmoxVEIsMadeKnownOnce(t *testing.T) {
	const token = "pulse-pve-1-127-0-0-1"
	for _, test := range []struct {
		name    string
		machine server
		want    []string
	}{
		{"version 8", server{version: "8.4.1"}, []string{
			"pveum user add pulse-monitor@pam --comment Pulse monitoring, reads only",
			"pveum user token add pulse-monitor@pam " + token + " --privsep 1 --comment Pulse monitoring --output-format json",
			"pveum role add PulseMonitor --privs VM.Monitor",
			"pveum acl modify / --users pulse-monitor@pam --roles PVEAuditor",
			"pveum acl modify / --tokens pulse-monitor@pam!" + token + " --roles PVEAuditor",
			"pveum acl modify / --users pulse-monitor@pam --roles PulseMonitor",
			"pveum acl modify / --tokens pulse-monitor@pam!" + token + " --roles PulseMonitor",
		}},
		{"version 9, again", server{version: "9.0.3", users: []string{"root@pam", "pulse-monitor@pam"}, tokens: []string{token}}, []string{
			"pveum user token remove pulse-monitor@pam " + token,
			"pveum user token add pulse-monitor@pam " + token + " --privsep 1 --comment Pulse monitoring --output-format json",
			"pveum acl modify / --users pulse-monitor@pam --roles PVEAuditor",
			"pveum acl modify / --tokens pulse-monitor@pam!" + token + " --roles PVEAuditor",
		}},
		{"a token of another member of the cluster", server{version: "9.0.3", users: []string{"pulse-monitor@pam"}, tokens: []string{"pulse-pve-2-127-0-0-1"}}, []string{
			"pveum user token add pulse-monitor@pam " + token + " --privsep 1 --comment Pulse monitoring --output-format json",
			"pveum acl modify / --users pulse-monitor@pam --roles PVEAuditor",
			"pveum acl modify / --tokens pulse-monitor@pam!" + token + " --roles PVEAuditor",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := &hub{}
			r := newRegistrar(t, &test.machine, h)
			for range 2 {
				if err := r.Register(t.Context()); err != nil {
					t.Fatalf("Register = %v", err)
				}
			}
			if diff := cmp.Diff(test.want, test.machine.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			want := []map[string]any{{
				"type": "pve", "host": "https://127.0.0.1:8006", "serverName": "Pve.1", "source": "agent",
				"tokenId": "pulse-monitor@pam!" + token, "tokenValue": secret,
			}}
			if diff := cmp.Diff(want, h.heard); diff != "" {
				t.Errorf("the hub heard (-want +got):\n%s", diff)
			}
			if _, err := os.Stat(filepath.Join(r.StateDir, "proxmox-pve-registered")); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestBothProductsAreMadeKnown(t *testing.T) {
	machine, h := &server{version: "9.0.3", backup: true}, &hub{}
	r := newRegistrar(t, machine, h)
	if err := r.Register(t.Context()); err != nil {
		t.Fatalf("Register = %v", err)
	}
	if len(h.heard) != 2 || h.heard[1]["type"] != "pbs" || h.heard[1]["host"] != "https://127.0.0.1:8007" || h.heard[1]["tokenId"] != "pulse-monitor@pbs!pulse-pve-1-127-0-0-1" {
		t.Errorf("the hub heard %v", h.heard)
	}
	calls := strings.Join(machine.calls, "\n")
	for _, part := range []string{
		"proxmox-backup-manager user create pulse-monitor@pbs", "proxmox-backup-manager acl update / Audit --auth-id pulse-monitor@pbs\n",
		"proxmox-backup-manager acl update / Audit --auth-id pulse-monitor@pbs!pulse-pve-1-127-0-0-1",
	} {
		if !strings.Contains(calls, part) {
			t.Errorf("the calls lack %q:\n%s", part, calls)
		}
	}
	only := newRegistrar(t, &server{version: "9.0.3", backup: true}, h)
	only.Type = "pbs"
	if err := only.Register(t.Context()); err != nil || len(h.heard) != 3 || h.heard[2]["type"] != "pbs" {
		t.Errorf("Register of one = %v, the hub heard %v", err, h.heard)
	}
}

func TestFailuresLeaveNoNote(t *testing.T) {
	for name, test := range map[string]struct {
		machine server
		hub     hub
		user    bool
		want    error
	}{
		"nothing installed": {want: ErrNothing},
		"not root":          {machine: server{version: "9.0"}, user: true, want: ErrNotRoot},
		"unknown version":   {machine: server{version: "beta"}, want: errAnswer},
		"no value":          {machine: server{version: "9.0", tokenAnswer: `{"secret":"` + secret + `"}`}, want: errAnswer},
		"program fails":     {machine: server{version: "9.0", failing: "pveum acl"}},
		"hub refuses":       {machine: server{version: "9.0"}, hub: hub{status: 401, body: "Invalid or expired setup code\n"}, want: errRefused},
		"another page":      {machine: server{version: "9.0"}, hub: hub{body: "<html>sign in</html>"}, want: errRefused},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRegistrar(t, &test.machine, &test.hub)
			r.Root = !test.user
			err := r.Register(t.Context())
			if err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("Register = %v, want %v", err, test.want)
			}
			if err != nil && (strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "api-token")) {
				t.Errorf("the error holds a secret: %v", err)
			}
			if left, _ := filepath.Glob(filepath.Join(r.StateDir, "*")); len(left) != 0 {
				t.Errorf("left is %v", left)
			}
		})
	}
}

func TestRunTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		r := New(Options{Type: "pve", URL: "http://127.0.0.1:1", StateDir: t.TempDir(), Root: true, Logger: hclog.NewNullLogger()})
		r.Command = func(context.Context, string, ...string) (command.Result, error) {
			tries++
			if tries == 4 {
				return command.Result{}, command.ErrNotInstalled
			}
			return command.Result{ExitCode: 1}, nil
		}
		began := time.Now()
		if err := r.Run(t.Context()); err != nil || tries != 4 {
			t.Errorf("Run = %v after %d tries", err, tries)
		}
		if took := time.Since(began); took != 7*time.Minute {
			t.Errorf("it took %s, want 1+2+4 minutes", took)
		}
	})
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`[{"userid":"a"}]`))
	f.Add([]byte(`Result: {"tokenid":"x","value":"y"}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		_, _ = lists(func(...string) ([]byte, error) { return answer, nil }, nil, "userid", "a")
		if value, err := valueIn(answer); err == nil && value == "" {
			t.Error("an empty value")
		}
	})
}
