package setup_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/notify/setup"
	"github.com/pulse-hub/pulse/hub/internal/notify/setup/setuptest"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
)

func setApprise(t *testing.T, w *setuptest.World, said notifications.Apprise) notifications.Apprise {
	t.Helper()
	stored, err := w.SetApprise(t.Context(), said, who)
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.Apprise(t.Context())
	if diff := cmp.Diff(stored, again); diff != "" || err != nil {
		t.Fatalf("it is kept in another way than it is answered: %s %v", diff, err)
	}
	return stored
}

func TestAppriseIsAnInstance(t *testing.T) {
	w := setuptest.New(t)
	stored := setApprise(t, w, notifications.Apprise{
		Enabled: true, Mode: "http", Targets: []string{"discord://a/b", "tgram://c"}, TimeoutSeconds: 1, ServerURL: "http://apprise.example.com:8000/",
		ConfigKey: "main", APIKey: "geheim",
	})
	want := notifications.Apprise{
		Enabled: true, Mode: "http", Targets: []string{"discord://a/b", "tgram://c"}, CLIPath: "apprise", TimeoutSeconds: 5,
		ServerURL: "http://apprise.example.com:8000", ConfigKey: "main", APIKey: "geheim", APIKeyHeader: "X-API-KEY",
	}
	if diff := cmp.Diff(want, stored); diff != "" {
		t.Fatal(diff)
	}
	one := saved(t, w)
	if one.ID != setup.AppriseID || !one.Enabled || one.Secrets["/apiKey"] != "geheim" || one.Secrets["/targets"] != "discord://a/b\ntgram://c" {
		t.Errorf("the instance is %+v", one)
	}
	said := stored.Shown()
	said.Targets = said.Targets[1:]
	if stored = setApprise(t, w, said); stored.APIKey != "geheim" || len(stored.Targets) != 1 || stored.Targets[0] != "tgram://c" {
		t.Errorf("what is masked became %+v", stored)
	}
	trial, err := w.TryApprise(t.Context(), stored.Shown())
	if err != nil || trial.Secrets["/targets"] != "tgram://c" {
		t.Errorf("a trial is %+v, %v", trial, err)
	}
}

func TestAppriseWithoutAnythingToSendTo(t *testing.T) {
	w := setuptest.New(t)
	if stored := setApprise(t, w, notifications.Apprise{Enabled: true, Mode: "http", APIKey: "geheim", Targets: []string{"a://b"}}); stored.Enabled {
		t.Errorf("it is enabled: %+v", stored)
	}
	if all := w.Saved(t); len(all) != 0 {
		t.Errorf("there are instances: %+v", all)
	}
	stored, err := w.Apprise(t.Context())
	if err != nil || stored.APIKey != "geheim" || len(stored.Targets) != 1 {
		t.Errorf("it is kept as %+v, %v", stored, err)
	}
	if _, err := w.SetApprise(t.Context(), notifications.Apprise{Targets: []string{notifications.Redacted + "/9"}}, who); !errors.Is(err, notifications.ErrMasked) {
		t.Errorf("an unknown target gave %v", err)
	}
}
