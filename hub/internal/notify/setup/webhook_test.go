package setup_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/notify/setup"
	"github.com/pulse-hub/pulse/hub/internal/notify/setup/setuptest"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	plugins "github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
)

func hook() notifications.Webhook {
	return notifications.Webhook{
		Name: "Ops", URL: "https://hooks.example.com/t0ken123", Method: "POST", Enabled: true, Service: "generic",
		Headers: map[string]string{"X-Auth": "geheim", "X-Team": "ops"}, CustomFields: map[string]string{"team": "ops"},
	}
}

func addWebhook(t *testing.T, w *setuptest.World, said notifications.Webhook) string {
	t.Helper()
	id, err := w.AddWebhook(t.Context(), said, who)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func webhook(t *testing.T, w *setuptest.World, id string) notifications.Webhook {
	t.Helper()
	stored, err := w.Webhook(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

func TestWebhooksAreInstances(t *testing.T) {
	w := setuptest.New(t)
	id := addWebhook(t, w, hook())
	want := hook()
	want.ID = id
	if diff := cmp.Diff(want, webhook(t, w, id)); diff != "" || !strings.HasPrefix(id, "webhook-") {
		t.Errorf("%s: %s", id, diff)
	}
	one := saved(t, w)
	if one.ID != id || one.Plugin != "pulse.webhook" || one.Secrets["/url"] != hook().URL || strings.Contains(string(one.Config), "geheim") {
		t.Errorf("the instance is %+v", one)
	}
	second := addWebhook(t, w, notifications.Webhook{ID: "other", URL: "https://example.com", Service: "nobody knows", Method: "put"})
	all, err := w.Webhooks(t.Context())
	if err != nil || len(all) != 2 || all[0].ID != second {
		t.Fatalf("there are %+v, %v", all, err)
	}
	if all[0].Service != "generic" || all[0].Name != "Webhook" || all[0].Method != http.MethodPut || all[0].Enabled {
		t.Errorf("it became %+v", all[0])
	}
	if err := w.RemoveWebhook(t.Context(), id, who); err != nil {
		t.Fatal(err)
	}
	if err := w.RemoveWebhook(t.Context(), id, who); !errors.Is(err, setup.ErrUnknown) {
		t.Errorf("deleting it again gave %v", err)
	}
}

func TestWebhooksAreListedByAge(t *testing.T) {
	w := setuptest.New(t)
	var ids, got []string
	for range 20 {
		ids = append(ids, addWebhook(t, w, hook()))
	}
	all, err := w.Webhooks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		got = append(got, one.ID)
	}
	if diff := cmp.Diff(ids, got); diff != "" {
		t.Error(diff)
	}
}

func TestIDsOfWebhooks(t *testing.T) {
	w := setuptest.New(t)
	addWebhook(t, w, notifications.Webhook{ID: "taken", URL: "https://example.com"})
	for id, want := range map[string]error{
		"taken": setup.ErrExists, setup.EmailID: setup.ErrExists, "a/b": setup.ErrID, "a b": setup.ErrID, "a\n": setup.ErrID, strings.Repeat("x", 101): setup.ErrID,
	} {
		if _, err := w.AddWebhook(t.Context(), notifications.Webhook{ID: id, URL: "https://example.com"}, who); !errors.Is(err, want) {
			t.Errorf("id %q gave %v, want %v", id, err, want)
		}
	}
}

func TestWebhooksKeepWhatIsMasked(t *testing.T) {
	w := setuptest.New(t)
	id := addWebhook(t, w, hook())
	said := webhook(t, w, id).Shown()
	said.Name, said.Headers["X-Team"], said.CustomFields = "Ops 2", "dev", nil
	trial, err := w.TryWebhook(t.Context(), said)
	if err != nil || trial.Secrets["/url"] != hook().URL || trial.Secrets["/headers"] != `{"X-Auth":"geheim","X-Team":"dev"}` {
		t.Errorf("a trial is %+v, %v", trial, err)
	}
	if err := w.ChangeWebhook(t.Context(), id, said, who); err != nil {
		t.Fatal(err)
	}
	want := hook()
	want.ID, want.Name, want.CustomFields, want.Headers["X-Team"] = id, "Ops 2", nil, "dev"
	if diff := cmp.Diff(want, webhook(t, w, id)); diff != "" {
		t.Error(diff)
	}
	said.URL = strings.Replace(said.URL, "hooks.example.com", "evil.example", 1)
	if err := w.ChangeWebhook(t.Context(), id, said, who); !errors.Is(err, notifications.ErrMasked) {
		t.Errorf("a masked address of another host gave %v", err)
	}
	if _, err := w.AddWebhook(t.Context(), said, who); !errors.Is(err, notifications.ErrMasked) {
		t.Errorf("a new webhook with masked values gave %v", err)
	}
	if err := w.ChangeWebhook(t.Context(), "none", said, who); !errors.Is(err, setup.ErrUnknown) {
		t.Errorf("an unknown webhook gave %v", err)
	}
}

func TestWebhooksThePluginRefuses(t *testing.T) {
	w := setuptest.New(t)
	id := addWebhook(t, w, hook())
	w.Refuse = func(one instance.Instance) []supervise.FieldError {
		if strings.Contains(one.Secrets["/url"], "localhost") {
			return []supervise.FieldError{{Path: "/url", Message: "webhook URLs pointing to localhost are not allowed for security reasons"}}
		}
		return nil
	}
	for _, enabled := range []bool{true, false} {
		said := hook()
		said.URL, said.Enabled = "http://localhost/", enabled
		var invalid *plugins.InvalidError
		if _, err := w.AddWebhook(t.Context(), said, who); !errors.As(err, &invalid) || invalid.Fields[0].Path != "/url" {
			t.Errorf("adding it gave %v", err)
		}
		if err := w.ChangeWebhook(t.Context(), id, said, who); !errors.As(err, &invalid) {
			t.Errorf("changing it gave %v", err)
		}
	}
	if stored := webhook(t, w, id); len(w.Saved(t)) != 1 || stored.URL != hook().URL {
		t.Errorf("there is %+v", stored)
	}
}

func TestHostsOfWebhooksAreResolved(t *testing.T) {
	w := setuptest.New(t)
	w.Names = map[string]string{"nas.example": "192.168.1.2"}
	w.Refuse = func(one instance.Instance) []supervise.FieldError {
		if strings.Contains(one.Secrets["/url"], "192.168.1.2:81") {
			return []supervise.FieldError{{Path: "/url", Message: "address is refused: 192.168.1.2 is private"}}
		}
		return nil
	}
	for url, want := range map[string]string{
		"http://nas.example:81/x": "address is refused: 192.168.1.2 is private", "http://nosuch.invalid/": "resolve name: lookup nosuch.invalid: no such host",
	} {
		var invalid *plugins.InvalidError
		_, err := w.AddWebhook(t.Context(), notifications.Webhook{URL: url}, who)
		if !errors.As(err, &invalid) || invalid.Fields[0].Path != "/url" || invalid.Fields[0].Message != want {
			t.Errorf("%s gave %v", url, err)
		}
	}
	if len(w.Saved(t)) != 0 {
		t.Error("something was kept")
	}
	id := addWebhook(t, w, notifications.Webhook{URL: "http://nas.example:82/x"})
	if stored := webhook(t, w, id); stored.URL != "http://nas.example:82/x" {
		t.Errorf("there is %+v", stored)
	}
}
