package setup_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/notify/setup"
	"github.com/pulse-hub/pulse/hub/internal/notify/setup/setuptest"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/registry"
	plugins "github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
)

const who = "anna"

// mail is a whole configuration.
func mail() notifications.Email {
	return notifications.Email{
		Enabled: true, Provider: "Custom SMTP Server", Server: "mail.example.com", Port: 587, Username: "u", Password: "geheim",
		From: "pulse@example.com", To: []string{"ops@example.com"}, StartTLS: true,
	}
}

func setEmail(t *testing.T, w *setuptest.World, said notifications.Email) {
	t.Helper()
	if err := w.SetEmail(t.Context(), said, who); err != nil {
		t.Fatal(err)
	}
}

func getEmail(t *testing.T, w *setuptest.World) notifications.Email {
	t.Helper()
	stored, err := w.Email(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

// saved returns the one instance there is.
func saved(t *testing.T, w *setuptest.World) instance.Instance {
	t.Helper()
	all := w.Saved(t)
	if len(all) != 1 {
		t.Fatalf("there are %d instances", len(all))
	}
	return all[0]
}

func config(t *testing.T, one instance.Instance) map[string]any {
	t.Helper()
	var values map[string]any
	if err := json.Unmarshal(one.Config, &values); err != nil {
		t.Fatal(err)
	}
	return values
}

func TestEmailIsAnInstance(t *testing.T) {
	w := setuptest.New(t)
	if diff := cmp.Diff(notifications.DefaultEmail(), getEmail(t, w)); diff != "" {
		t.Errorf("never configured: %s", diff)
	}
	setEmail(t, w, mail())
	one := saved(t, w)
	if one.ID != setup.EmailID || one.Plugin != "pulse.email" || !one.Enabled || one.Secrets["/password"] != "geheim" {
		t.Errorf("the instance is %+v", one)
	}
	want := map[string]any{
		"server": "mail.example.com", "port": 587.0, "username": "u", "from": "pulse@example.com",
		"to": []any{"ops@example.com"}, "tls": false, "startTLS": true,
	}
	if diff := cmp.Diff(want, config(t, one)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(mail(), getEmail(t, w)); diff != "" {
		t.Error(diff)
	}
	if shown := getEmail(t, w).Shown(); shown.Password != "" {
		t.Errorf("the password is shown: %+v", shown)
	}
}

func TestPasswordsAreKeptAndForgotten(t *testing.T) {
	tests := map[string]struct {
		change func(*notifications.Email)
		want   string
	}{
		"empty":            {func(e *notifications.Email) { e.Password = "" }, "geheim"},
		"new":              {func(e *notifications.Email) { e.Password = "neu" }, "neu"},
		"user emptied":     {func(e *notifications.Email) { e.Password, e.Username = "", "" }, ""},
		"server changed":   {func(e *notifications.Email) { e.Password, e.Server = "", "evil.example" }, ""},
		"server in upper":  {func(e *notifications.Email) { e.Password, e.Server = "", "MAIL.example.com" }, "geheim"},
		"with new server":  {func(e *notifications.Email) { e.Password, e.Server = "neu", "other.example" }, "neu"},
		"switched off":     {func(e *notifications.Email) { e.Password, e.Enabled = "", false }, "geheim"},
		"incomplete since": {func(e *notifications.Email) { e.Password, e.From = "", "" }, "geheim"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := setuptest.New(t)
			setEmail(t, w, mail())
			said := mail()
			test.change(&said)
			trial, err := w.TryEmail(t.Context(), said)
			if said.Complete() && (err != nil || trial.Secrets["/password"] != test.want) {
				t.Errorf("a trial has the password %q, %v, want %q", trial.Secrets["/password"], err, test.want)
			}
			setEmail(t, w, said)
			said.Password = test.want
			if diff := cmp.Diff(said, getEmail(t, w)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestIncompleteEmailIsKeptWithoutAnInstance(t *testing.T) {
	w := setuptest.New(t)
	said := notifications.Email{Enabled: true, Provider: "SendGrid", Username: "apikey", Password: "geheim", Port: 25}
	setEmail(t, w, said)
	if all := w.Saved(t); len(all) != 0 {
		t.Errorf("there are instances: %+v", all)
	}
	said.To = nil
	if diff := cmp.Diff(said, getEmail(t, w)); diff != "" {
		t.Error(diff)
	}
	said.Server, said.From, said.Password = "smtp.example.com", "a@example.com", "geheim"
	setEmail(t, w, said)
	if one := saved(t, w); one.Secrets["/password"] != "geheim" {
		t.Errorf("the instance is %+v", one)
	}
	said.Server = ""
	setEmail(t, w, said)
	if all := w.Saved(t); len(all) != 0 {
		t.Errorf("the instance stays: %+v", all)
	}
}

func TestEmailThatWasChangedAsAnInstance(t *testing.T) {
	w := setuptest.New(t)
	setEmail(t, w, mail())
	one := saved(t, w)
	_, err := w.Office.Update(t.Context(), one.ID, plugins.Draft{
		Name: "Mail", Config: json.RawMessage(`{"server":"other.example.com","port":25,"from":"a@example.com","password":{"set":true},"auth":"login"}`),
	}, who)
	if err != nil {
		t.Fatal(err)
	}
	want := notifications.Email{
		Provider: "Custom SMTP Server", Server: "other.example.com", Port: 25, From: "a@example.com", Password: "geheim", To: []string{},
	}
	if diff := cmp.Diff(want, getEmail(t, w)); diff != "" {
		t.Error(diff)
	}
	setEmail(t, w, mail())
	if set := config(t, saved(t, w)); set["auth"] != "login" {
		t.Errorf("what the settings know nothing of is gone: %v", set)
	}
}

func TestEmailThePluginRefuses(t *testing.T) {
	w := setuptest.New(t)
	w.Refuse = func(instance.Instance) []supervise.FieldError {
		return []supervise.FieldError{{Path: "/from", Message: "must be an email address"}}
	}
	var invalid *plugins.InvalidError
	if err := w.SetEmail(t.Context(), mail(), who); !errors.As(err, &invalid) || invalid.Fields[0].Path != "/from" {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(notifications.DefaultEmail(), getEmail(t, w)); diff != "" || len(w.Saved(t)) != 0 {
		t.Errorf("something was kept: %s", diff)
	}
	said := mail()
	said.Enabled = false
	setEmail(t, w, said)
	if diff := cmp.Diff(said, getEmail(t, w)); diff != "" || len(w.Saved(t)) != 0 {
		t.Errorf("what is not enabled may be anything: %s", diff)
	}
}

func TestEmailWithoutItsPlugin(t *testing.T) {
	w := setuptest.New(t)
	w.Missing = true
	if err := w.SetEmail(t.Context(), mail(), who); !errors.Is(err, registry.ErrNoComponent) {
		t.Errorf("got %v", err)
	}
	getEmail(t, w)
}
