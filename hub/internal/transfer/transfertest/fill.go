package transfertest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/nodes"
	"github.com/pulse-hub/pulse/hub/internal/notify"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/hub/internal/transfer/bundle"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
)

// Passphrase is a passphrase that is long enough, and the one of the published vector.
const Passphrase = "use-a-strong-passphrase"

// Vector returns the published test vector of version 5.
func Vector(t testing.TB) string {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	data, err := os.ReadFile(filepath.Join(filepath.Dir(here), "..", "bundle", "testdata", "v5.b64"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Sealed returns a bundle of ours with that text. It is quicker to open than one of a hub, as it is quicker to guess.
func Sealed(t testing.TB, plain string) string {
	t.Helper()
	recipient, err := age.NewScryptRecipient(Passphrase)
	if err != nil {
		t.Fatal(err)
	}
	recipient.SetWorkFactor(4)
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, recipient)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(plain)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(sealed.Bytes())
}

// Quick returns a bundle with the same in it, made as Sealed makes it.
func Quick(t testing.TB, data string) string {
	t.Helper()
	opened, err := bundle.Open(data, Passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return Sealed(t, string(opened.Plain))
}

// Fill configures something of everything, with secrets that have the word "hush" in them.
func (w *World) Fill(t testing.TB) {
	t.Helper()
	w.fillNodes(t)
	w.fillChannels(t)
	body := `{"enabled":true,"activationState":"active","guestDefaults":{"cpu":{"trigger":71,"clear":61,"critical":91}},
		"overrides":{"lab/vm/100":{"disabled":true}},"maintenance":[{"id":"m1","from":"2026-11-23T00:00:00Z","to":"2026-11-24T00:00:00Z"}],
		"queryRules":[{"id":"q1","name":"full","expr":"up == 0","level":"warning","enabled":true}],"certificateDays":21,"guestTagBlacklist":["lab"],
		"schedule":{"cooldown":7,"quietHours":{"enabled":true,"start":"22:00","end":"06:00","days":{"monday":true}}}}`
	if _, err := w.Alerts.SetConfig(t.Context(), []byte(body), "anna"); err != nil {
		t.Fatal(err)
	}
	token := auth.Token{
		ID: "t1", Name: "dashboard", Hash: auth.HashToken("hush"), Prefix: "hush12", Suffix: "3456",
		Scopes: []auth.Scope{auth.ScopeMonitoringRead}, Created: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC),
	}
	w.Put(t, store.Tokens, "t1", token)
	w.Put(t, store.Roles, "night-shift", auth.Role{Name: "night-shift", Permissions: auth.Operator().Permissions})
	w.Put(t, store.Settings, "system", map[string]any{"theme": "dark", "pvePollingInterval": 20})
	w.Put(t, store.Settings, "plugin-policy/pulse.proxmox", map[string]any{"isolation": "instance"})
	w.Put(t, store.Metadata, "guest/lab:pve1:100", map[string]any{"id": "lab:pve1:100", "notes": []string{"ask anna"}})
	w.Put(t, store.SignIn, "oidc/default", map[string]any{"id": "default", "enabled": true, "clientSecret": "hush-oidc"})
	w.Put(t, store.Users, "anna", map[string]any{"name": "anna", "password": "hush-password"})
}

func (w *World) fillNodes(t testing.TB) {
	t.Helper()
	off := new(bool)
	for _, draft := range []nodes.Draft{
		{Type: "pve", Name: "lab", Host: "192.0.2.1", TokenName: "pulse@pam!mon", TokenValue: "hush-pve", Monitors: nodes.Monitors{MonitorBackups: off}},
		{Type: "pbs", Name: "vault", Host: "192.0.2.2", User: "pulse", Password: "hush-pbs", GuestURL: "https://vault.example"},
		{Type: "pmg", Name: "mail", Host: "192.0.2.3", User: "pulse@pmg", Password: "hush-pmg"},
	} {
		if _, err := w.Nodes.Add(t.Context(), &draft, "anna"); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *World) fillChannels(t testing.TB) {
	t.Helper()
	email := notifications.Email{
		Enabled: true, Provider: "Other", Server: "mail.example", Port: 587, Username: "pulse", Password: "hush-mail",
		From: "pulse@example.com", To: []string{"ops@example.com"}, StartTLS: true,
	}
	if err := w.Channels.SetEmail(t.Context(), email, "anna"); err != nil {
		t.Fatal(err)
	}
	apprise := notifications.Apprise{Enabled: true, Mode: "http", ServerURL: "https://apprise.example", APIKey: "hush-apprise", Targets: []string{"json://hush.example"}}
	if _, err := w.Channels.SetApprise(t.Context(), apprise, "anna"); err != nil {
		t.Fatal(err)
	}
	hook := notifications.Webhook{
		ID: "hook-1", Name: "chat", URL: "https://chat.example/hush", Enabled: true, Service: "discord", Headers: map[string]string{"X-Key": "hush-header"},
	}
	if _, err := w.Channels.AddWebhook(t.Context(), hook, "anna"); err != nil {
		t.Fatal(err)
	}
	if err := w.Routing.SetRoutes(t.Context(), []notify.Rule{{Name: "night", Channels: []string{"hook-1"}}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Routing.SetDigests(t.Context(), map[string]notify.Rhythm{"hook-1": notify.Daily}); err != nil {
		t.Fatal(err)
	}
}

// Put writes a record as JSON.
func (w *World) Put(t testing.TB, b store.Bucket, key string, value any) {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Store.Put(t.Context(), b, key, text); err != nil {
		t.Fatal(err)
	}
}

// State returns everything that is configured, as the parts of the hub show it, with secrets.
func (w *World) State(t testing.TB) map[string]any {
	t.Helper()
	ctx := t.Context()
	state := map[string]any{"alerts": w.Alerts.Config()}
	show := func(name string, value any, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		state[name] = value
	}
	list, err := w.Nodes.List(ctx)
	show("nodes", list, err)
	email, err := w.Channels.Email(ctx)
	show("email", email, err)
	apprise, err := w.Channels.Apprise(ctx)
	show("apprise", apprise, err)
	hooks, err := w.Channels.Webhooks(ctx)
	show("webhooks", hooks, err)
	routes, err := w.Routing.Routes(ctx)
	show("routes", routes, err)
	digests, err := w.Routing.Digests(ctx)
	show("digests", digests, err)
	instances, err := w.Office.List(ctx)
	for i := range instances {
		instances[i].Revision = 0 // grows with each change
	}
	show("instances", instances, err)
	for _, bucket := range []store.Bucket{store.Tokens, store.Roles, store.Metadata, store.SignIn, store.Users} {
		list, err := w.Store.List(ctx, bucket, "")
		show(string(bucket), list, err)
	}
	for _, key := range []string{"system", "plugin-policy/"} {
		list, err := w.Store.List(ctx, store.Settings, key)
		show(key, list, err)
	}
	return state
}
