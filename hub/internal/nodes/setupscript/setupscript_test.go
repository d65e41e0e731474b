//go:build unix

package setupscript_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/nodes/setupscript"
)

func TestParametersAreChecked(t *testing.T) {
	tests := map[string]struct {
		parameters setupscript.Parameters
		want       error
	}{
		"good":             {setupscript.Parameters{Type: "pve", Host: "https://10.0.0.5:8006", Hub: "http://pulse.example.com:7655", Token: "0aF"}, nil},
		"no host":          {setupscript.Parameters{Type: "pbs", Hub: "https://p"}, nil},
		"IPv6":             {setupscript.Parameters{Type: "pve", Host: "https://[fd00::1]:8006", Hub: "https://[fd00::2]"}, nil},
		"no type":          {setupscript.Parameters{Hub: "https://p"}, setupscript.ErrType},
		"mail gateway":     {setupscript.Parameters{Type: "pmg", Hub: "https://p"}, setupscript.ErrType},
		"bare host":        {setupscript.Parameters{Type: "pve", Host: "10.0.0.5", Hub: "https://p"}, setupscript.ErrHost},
		"other scheme":     {setupscript.Parameters{Type: "pve", Host: "file:///etc", Hub: "https://p"}, setupscript.ErrHost},
		"command in host":  {setupscript.Parameters{Type: "pve", Host: "https://$(id)", Hub: "https://p"}, setupscript.ErrHost},
		"quote in hub":     {setupscript.Parameters{Type: "pve", Hub: "https://p/';id;'"}, setupscript.ErrHub},
		"line break":       {setupscript.Parameters{Type: "pve", Hub: "https://p\nid"}, setupscript.ErrHub},
		"no hub":           {setupscript.Parameters{Type: "pve"}, setupscript.ErrHub},
		"password in hub":  {setupscript.Parameters{Type: "pve", Hub: "https://u:p@h"}, setupscript.ErrHub},
		"word for a token": {setupscript.Parameters{Type: "pve", Hub: "https://p", Token: "xyz"}, setupscript.ErrToken},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := setupscript.Script(test.parameters); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

// fakes are the commands of a server: they keep what they made as files in
// $FAKE and write down what they were asked. The system's own come after them.
var fakes = map[string]string{
	"id":         `echo "${FAKE_UID:-0}"`,
	"hostname":   `case "$1" in -f) echo pve1.lan;; *) echo pve1;; esac`,
	"pveversion": `echo "pve-manager/${FAKE_VERSION:-8.4.1}/2a5fa54a8503f96d (running kernel: 6.8.12-9-pve)"`,
	"pveum": `echo "pveum $*" >>"$FAKE/log"
case "$1 $2 ${3:-}" in
"user list "*) if [ -e "$FAKE/user" ]; then echo '[{"enable":1,"userid":"root@pam"},{"userid":"pulse-monitor@pam"}]'; else echo '[{"userid":"root@pam"}]'; fi;;
"user add "*) [ ! -e "$FAKE/user" ] || { echo "user exists" >&2; exit 1; }; touch "$FAKE/user";;
"user token list") if [ -e "$FAKE/token" ]; then echo '[{"privsep":1,"tokenid":"pulse-pulse-example-com"}]'; else echo '[]'; fi;;
"user token add") [ ! -e "$FAKE/token" ] || { echo "token exists" >&2; exit 1; }; touch "$FAKE/token"
	echo '{"full-tokenid":"pulse-monitor@pam!pulse-pulse-example-com","info":{"privsep":"1"},"value":"11111111-2222"}';;
"user token remove") rm "$FAKE/token";;
"role list "*) if [ -e "$FAKE/role" ]; then echo '[{"roleid":"PVEAuditor"},{"roleid":"PulseGuests"},{"roleid":"PulseBackups"}]'; else echo '[{"roleid":"PVEAuditor"}]'; fi;;
"role modify "*) [ -e "$FAKE/role" ];;
esac`,
	"proxmox-backup-manager": `echo "proxmox-backup-manager $*" >>"$FAKE/log"
case "$1 $2" in
"user list") if [ -e "$FAKE/user" ]; then echo '[{"userid":"pulse-monitor@pbs"}]'; else echo '[]'; fi;;
"user create") [ ! -e "$FAKE/user" ] && touch "$FAKE/user";;
"user list-tokens") if [ -e "$FAKE/token" ]; then echo '[{"tokenid":"pulse-monitor@pbs!pulse-pulse-example-com"}]'; else echo '[]'; fi;;
"user generate-token") [ ! -e "$FAKE/token" ] && touch "$FAKE/token"
	printf 'Result: {\n  "tokenid": "pulse-monitor@pbs!pulse-pulse-example-com",\n  "value": "33333333-4444"\n}\n';;
"user delete-token") rm "$FAKE/token";;
esac`,
	"curl": `echo "curl $*" >>"$FAKE/log"; cat >"$FAKE/body"; [ -z "${FAKE_DOWN:-}" ]`,
}

// machine is a server with those commands.
type machine struct {
	dir string
	env []string
}

func newMachine(t *testing.T, env ...string) *machine {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no bash here")
	}
	m := &machine{dir: t.TempDir(), env: env}
	for name, body := range fakes {
		if err := os.WriteFile(filepath.Join(m.dir, name), []byte("#!/bin/sh\n"+body+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// run runs the script with what bash is told besides.
func (m *machine) run(t *testing.T, script string, arguments ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "bash", arguments...)
	command.WaitDelay = 10 * time.Second
	command.Env = append([]string{"PATH=" + m.dir + ":/usr/bin:/bin", "FAKE=" + m.dir}, m.env...)
	command.Stdin = strings.NewReader(script)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	err := command.Run()
	return output.String(), err
}

func (m *machine) log(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(m.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// body returns what was sent to the hub.
func (m *machine) body(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(m.dir, "body"))
	if err != nil {
		t.Fatal(err)
	}
	var body map[string]string
	if err := json.Unmarshal(text, &body); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return body
}

func script(t *testing.T, edit func(*setupscript.Parameters)) string {
	t.Helper()
	p := setupscript.Parameters{Type: "pve", Hub: "http://pulse.example.com:7655", Token: "66ff421e"}
	edit(&p)
	text, err := setupscript.Script(p)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestScriptsAreBash(t *testing.T) {
	m := newMachine(t)
	for _, typ := range []string{"pve", "pbs"} {
		text := script(t, func(p *setupscript.Parameters) { p.Type = typ })
		if output, err := m.run(t, text, "-n"); err != nil || output != "" {
			t.Errorf("%s: %v %s", typ, err, output)
		}
	}
}

func TestRightsFollowTheVersion(t *testing.T) {
	const pve = "pulse-monitor@pam!pulse-pulse-example-com"
	audit := []string{
		"pveum acl modify / --users pulse-monitor@pam --roles PVEAuditor", "pveum acl modify / --tokens " + pve + " --roles PVEAuditor",
	}
	guests := []string{
		"pveum role add PulseGuests --privs VM.Monitor",
		"pveum acl modify / --users pulse-monitor@pam --roles PulseGuests", "pveum acl modify / --tokens " + pve + " --roles PulseGuests",
	}
	backups := []string{
		"pveum role add PulseBackups --privs VM.Backup Datastore.AllocateSpace",
		"pveum acl modify / --users pulse-monitor@pam --roles PulseBackups", "pveum acl modify / --tokens " + pve + " --roles PulseBackups",
	}
	tests := map[string]struct {
		version string
		backups bool
		want    []string
	}{
		"7":              {"7.4-19", false, append(append([]string{}, audit...), guests...)},
		"8":              {"8.4.1", false, append(append([]string{}, audit...), guests...)},
		"9":              {"9.1.1", false, audit},
		"9 with backups": {"9.1.1", true, append(append([]string{}, audit...), backups...)},
		"10":             {"10.0.0", false, audit},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, "FAKE_VERSION="+test.version)
			if output, err := m.run(t, script(t, func(p *setupscript.Parameters) { p.Backups = test.backups })); err != nil {
				t.Fatalf("%v: %s", err, output)
			}
			var rights []string
			for _, line := range m.log(t) {
				if strings.HasPrefix(line, "pveum acl") || strings.HasPrefix(line, "pveum role") && !strings.HasPrefix(line, "pveum role list") {
					rights = append(rights, line)
				}
			}
			if diff := cmp.Diff(test.want, rights); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestServersAreRegisteredTwiceWithoutHarm(t *testing.T) {
	want := map[string]map[string]string{
		"pve": {
			"type": "pve", "host": "https://pve1.lan:8006", "tokenId": "pulse-monitor@pam!pulse-pulse-example-com", "tokenValue": "11111111-2222",
			"serverName": "pve1", "source": "script", "authToken": "66ff421e",
		},
		"pbs": {
			"type": "pbs", "host": "https://10.0.0.5:8007", "tokenId": "pulse-monitor@pbs!pulse-pulse-example-com", "tokenValue": "33333333-4444",
			"serverName": "pve1", "source": "script", "authToken": "abc123",
		},
	}
	for typ, body := range want {
		t.Run(typ, func(t *testing.T) {
			m := newMachine(t)
			text := script(t, func(p *setupscript.Parameters) {
				p.Type = typ
				if typ == "pbs" {
					p.Host = "https://10.0.0.5:8007"
				}
			})
			if typ == "pbs" {
				m.env = append(m.env, "PULSE_SETUP_TOKEN=abc123") // wins over that of the script
			}
			for i := range 2 {
				output, err := m.run(t, text)
				if err != nil {
					t.Fatalf("run %d: %v: %s", i, err, output)
				}
				if diff := cmp.Diff(body, m.body(t)); diff != "" {
					t.Errorf("run %d: %s", i, diff)
				}
				if strings.Contains(output, body["tokenValue"]) {
					t.Errorf("run %d shows the secret: %s", i, output)
				}
				if err := os.WriteFile(filepath.Join(m.dir, "role"), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, line := range m.log(t) {
				if strings.HasPrefix(line, "curl") && (strings.Contains(line, body["tokenValue"]) || strings.Contains(line, body["authToken"]) ||
					!strings.Contains(line, "http://pulse.example.com:7655/api/auto-register")) {
					t.Errorf("curl was called as %s", line)
				}
			}
		})
	}
}

func TestWithoutTheHubTheAccountIsShown(t *testing.T) {
	m := newMachine(t, "FAKE_DOWN=1")
	output, err := m.run(t, script(t, func(*setupscript.Parameters) {}))
	if err == nil || !strings.Contains(output, "Token value: 11111111-2222") {
		t.Errorf("a hub that is down gave %v: %s", err, output)
	}
	m = newMachine(t)
	output, err = m.run(t, script(t, func(p *setupscript.Parameters) { p.Token = "" }))
	if err != nil || !strings.Contains(output, "Token ID:    pulse-monitor@pam!pulse-pulse-example-com") {
		t.Errorf("no setup token gave %v: %s", err, output)
	}
}

func TestScriptsStopWhereTheyDoNotBelong(t *testing.T) {
	for want, env := range map[string]string{"as root": "FAKE_UID=1000", "too old": "FAKE_VERSION=6.4-1", "not known": "FAKE_VERSION=x"} {
		m := newMachine(t, env)
		output, err := m.run(t, script(t, func(*setupscript.Parameters) {}))
		if err == nil || !strings.Contains(output, want) {
			t.Errorf("%s gave %v: %s", env, err, output)
		}
		if _, err := os.Stat(filepath.Join(m.dir, "user")); err == nil {
			t.Errorf("%s: an account was made", env)
		}
	}
	m := newMachine(t)
	if err := os.Remove(filepath.Join(m.dir, "proxmox-backup-manager")); err != nil {
		t.Fatal(err)
	}
	output, err := m.run(t, script(t, func(p *setupscript.Parameters) { p.Type = "pbs" }))
	if err == nil || !strings.Contains(output, "proxmox-backup-manager is missing") {
		t.Errorf("another machine gave %v: %s", err, output)
	}
}
