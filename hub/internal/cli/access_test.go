package cli

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/hub/internal/wall"
)

// everybody is an administrator of the machine.
type everybody struct{}

func (everybody) Authenticate(*http.Request, auth.Origin) (*auth.Principal, error) {
	return auth.Local(), nil
}

// walledHub serves the API of a hub that nobody has set up, on the socket of its data folder.
func walledHub(t *testing.T) (*wall.Wall, string) {
	t.Helper()
	folder, err := os.MkdirTemp("", "hub") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	db, err := store.Open(filepath.Join(folder, "pulse.db"), store.Options{KeyFile: filepath.Join(folder, "pulse.key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	around, err := wall.New(t.Context(), wall.Options{Settings: db, DataDir: folder, Logger: hclog.NewNullLogger()})
	if err != nil {
		t.Fatal(err)
	}
	parts := api.Parts{Logger: hclog.NewNullLogger()}
	around.AddTo(&parts)
	listener, err := net.Listen("unix", config.AdminSocket(folder))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: route.New(route.Options{
		Routes: api.New(parts).Routes(), Auth: everybody{}, Audit: around.Log, Logger: hclog.NewNullLogger(), Page: http.NotFoundHandler(),
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Serve(listener)
	}()
	t.Cleanup(func() {
		server.Close()
		<-done
	})
	return around, folder
}

// hubOf runs commands for the hub of a folder.
func hubOf(folder, input string) *typed {
	return &typed{environ: map[string]string{"PULSE_DATA_DIR": folder}, input: input}
}

func TestUsersAreManaged(t *testing.T) {
	around, folder := walledHub(t)
	if got := hubOf(folder, "violet tractor 9\r\nnot read\n").run(t, "user", "add", "anna", "--role", "admin").must(t).out; got != "anna may sign in, as admin.\n" {
		t.Error(got)
	}
	if around.Bootstrap.Pending() {
		t.Error("the first set-up is still possible")
	}
	hubOf(folder, "violet tractor 10").run(t, "user", "add", "bob", "--display-name", "Bob").must(t)
	if user, err := around.Users.Verify(t.Context(), "anna", "violet tractor 9"); err != nil || user.Role != auth.RoleAdmin {
		t.Errorf("%+v, %v", user, err)
	}
	hubOf(folder, "amber tractor 11\n").run(t, "user", "password", "bob").must(t)
	if _, err := around.Users.Verify(t.Context(), "bob", "amber tractor 11"); err != nil {
		t.Error(err)
	}
	for _, step := range []struct{ line, out, role, state string }{
		{"user role bob operator", "bob is operator.\n", "operator", "enabled"},
		{"user disable bob", "bob can sign in no longer.\n", "operator", "disabled"},
		{"user enable bob", "bob can sign in again.\n", "operator", "enabled"},
	} {
		if got := hubOf(folder, "").run(t, strings.Fields(step.line)...).must(t).out; got != step.out {
			t.Errorf("%s: %q", step.line, got)
		}
		list := strings.Split(hubOf(folder, "").run(t, "user", "list").must(t).out, "\n")
		if fields := strings.Fields(list[2]); fields[0] != "bob" || fields[1] != step.role || fields[2] != step.state {
			t.Errorf("%s: %s", step.line, list[2])
		}
	}
	if got := hubOf(folder, "").run(t, "user", "remove", "bob"); got.code != ExitUsage {
		t.Errorf("without anybody to ask: %+v", got)
	}
	no := hubOf(folder, "n\n")
	no.interactive = true
	no.run(t, "user", "remove", "bob").must(t)
	hubOf(folder, "").run(t, "user", "remove", "bob", "--yes").must(t)
	if around.Users.Count() != 1 {
		t.Errorf("%d users are left", around.Users.Count())
	}
	for line, want := range map[string]string{
		"user add carl":        "no password was given",
		"user password nobody": "No such user",
		"user role anna wide":  "there is no role wide",
		"user disable anna":    "last administrator",
	} {
		input := "violet tractor 12\n"
		if line == "user add carl" {
			input = ""
		}
		if got := hubOf(folder, input).run(t, strings.Fields(line)...); got.code != ExitFailed || !strings.Contains(got.errors, want) {
			t.Errorf("%s: %+v", line, got)
		}
	}
	if got := hubOf(folder, "short\n").run(t, "user", "add", "carl"); got.code != ExitFailed || !strings.Contains(got.errors, "at least 12 characters") {
		t.Errorf("a weak password: %+v", got)
	}
}

func TestTokensAreManaged(t *testing.T) {
	around, folder := walledHub(t)
	made := hubOf(folder, "").run(t, "token", "create", "backup", "--scope", "monitoring:read,settings:read", "--expires", "720h").must(t)
	raw := strings.TrimSpace(made.out)
	principal, err := around.Tokens.Recognize(raw)
	if err != nil || !principal.Has(auth.ScopeSettingsRead) || principal.Has(auth.ScopeSettingsWrite) {
		t.Fatalf("%q: %+v, %v", made.out, principal, err)
	}
	list := hubOf(folder, "").run(t, "token", "list").must(t).out
	if !strings.Contains(list, "backup") || !strings.Contains(list, "monitoring:read,settings:read") || !strings.Contains(list, raw[:6]+"...") || strings.Contains(list, raw) {
		t.Error(list)
	}
	hubOf(folder, "").run(t, "token", "revoke", principal.Token.ID).must(t)
	if _, err := around.Tokens.Recognize(raw); err == nil {
		t.Error("a revoked token is valid")
	}
	for line, want := range map[string]string{
		"token create x --scope nope": `unknown scope "nope"`,
		"token revoke none":           "Token not found",
	} {
		if got := hubOf(folder, "").run(t, strings.Fields(line)...); got.code != ExitFailed || !strings.Contains(got.errors, want) {
			t.Errorf("%s: %+v", line, got)
		}
	}
	if got := hubOf(folder, "").run(t, "token", "create", "x", "--expires", "-1h"); got.code != ExitUsage {
		t.Errorf("%+v", got)
	}
}

func TestRecoveryIsTurnedOnAndOff(t *testing.T) {
	around, folder := walledHub(t)
	hubOf(folder, "").run(t, "recovery", "on").must(t)
	if !around.Recovery.On() {
		t.Error("recovery mode is off")
	}
	hubOf(folder, "").run(t, "recovery", "off").must(t)
	if around.Recovery.On() {
		t.Error("recovery mode is on")
	}
	around, folder = walledHub(t)
	if got := hubOf(folder, "").run(t, "recovery", "off"); got.code != ExitFailed || !strings.Contains(got.errors, "not on") {
		t.Errorf("what is off was turned off: %+v", got)
	}
	made := hubOf(folder, "").run(t, "recovery", "token", "--minutes", "30").must(t)
	if raw := strings.TrimSpace(made.out); !around.Recovery.Valid(raw) || !strings.Contains(made.errors, "30 minutes") {
		t.Errorf("%+v", made)
	}
	if got := hubOf(folder, "").run(t, "recovery", "token", "--minutes", "61"); got.code != ExitUsage {
		t.Errorf("%+v", got)
	}
}

func TestBootstrapTokenIsReadWithoutAHub(t *testing.T) {
	folder := t.TempDir()
	if got := hubOf(folder, "").run(t, "bootstrap-token"); got.code != ExitFailed || !strings.Contains(got.errors, "set up") {
		t.Errorf("without one: %+v", got)
	}
	token := strings.Repeat("0123456789abcdef", 3)
	if err := os.WriteFile(filepath.Join(folder, ".bootstrap_token"), []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"bootstrap-token"}, {"bootstrap-token", "--data-dir", folder}} {
		command := hubOf(folder, "")
		if len(args) > 1 {
			command.environ = nil
		}
		if got := command.run(t, args...).must(t).out; got != token+"\n" {
			t.Errorf("%v: %q", args, got)
		}
	}
	_, served := walledHub(t)
	if got := hubOf(served, "").run(t, "bootstrap-token").must(t).out; len(got) != 49 {
		t.Errorf("of a hub that runs: %q", got)
	}
}
