package transfer_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/hub/internal/transfer"
	"github.com/pulse-hub/pulse/hub/internal/transfer/bundle"
	"github.com/pulse-hub/pulse/hub/internal/transfer/transfertest"
)

func export(t *testing.T, w *transfertest.World, users bool) string {
	t.Helper()
	data, err := w.Export(t.Context(), transfer.Export{Passphrase: transfertest.Passphrase, Users: users})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func bundled(data string) transfer.Import {
	return transfer.Import{Data: data, Passphrase: transfertest.Passphrase, Actor: "anna"}
}

func TestAConfigurationMovesToAnotherHub(t *testing.T) {
	from, to := transfertest.New(t), transfertest.New(t)
	from.Fill(t)
	data := export(t, from, true)
	outcome, err := to.Import(t.Context(), bundled(data))
	if err != nil {
		t.Fatal(err)
	}
	if len(outcome.Warnings) > 0 || len(outcome.Changed) > 0 || len(outcome.Removed) > 0 {
		t.Errorf("outcome is %+v", outcome)
	}
	want := from.State(t)
	if diff := cmp.Diff(want, to.State(t)); diff != "" {
		t.Error(diff)
	}
	wantKnown, wantPolled := from.Running()
	known, polled := to.Running()
	if diff := cmp.Diff([][]string{wantKnown, wantPolled}, [][]string{known, polled}); diff != "" {
		t.Errorf("plugins know others: %s", diff)
	}
	if diff := cmp.Diff([]string{"tokens", "sign-in"}, to.Reloaded()); diff != "" {
		t.Error(diff)
	}
	again, err := to.Import(t.Context(), bundled(data))
	if err != nil {
		t.Fatal(err)
	}
	if len(again.Added)+len(again.Changed)+len(again.Removed)+len(again.Warnings) > 0 || len(again.Unchanged) != len(outcome.Added) {
		t.Errorf("the second import changed something: %+v", again)
	}
	if diff := cmp.Diff(want, to.State(t)); diff != "" {
		t.Error(diff)
	}
}

// TestAnImportReplacesWhatIsThere checks that a hub with a configuration of its own becomes the other one.
func TestAnImportReplacesWhatIsThere(t *testing.T) {
	from, to := transfertest.New(t), transfertest.New(t)
	to.Fill(t)
	data, gone := export(t, from, false), len(mustList(t, to))
	if _, err := to.Import(t.Context(), bundled(data)); err != nil {
		t.Fatal(err)
	}
	want := from.State(t)
	want["users"] = to.State(t)["users"] // which nobody asked for
	if diff := cmp.Diff(want, to.State(t)); diff != "" {
		t.Error(diff)
	}
	known, polled := to.Running()
	if len(known)+len(polled) > 0 || len(to.Forgotten()) != gone {
		t.Errorf("%v are known, %v polled, %v forgotten", known, polled, to.Forgotten())
	}
}

func mustList(t *testing.T, w *transfertest.World) []instance.Instance {
	t.Helper()
	all, err := w.Office.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestUsersAreExportedOnRequest also checks that a bundle does not show what is in it.
func TestUsersAreExportedOnRequest(t *testing.T) {
	w := transfertest.New(t)
	w.Fill(t)
	for _, users := range []bool{false, true} {
		data := export(t, w, users)
		opened, err := bundle.Open(data, transfertest.Passphrase)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(opened.Plain), "hush-password"); got != users {
			t.Errorf("users asked for %v, contained %v", users, got)
		}
		for _, secret := range []string{"hush-pve", "hush-pbs", "hush-mail", "hush-header", "hush-oidc"} {
			if !strings.Contains(string(opened.Plain), secret) || strings.Contains(data, secret) {
				t.Errorf("%s is not in the bundle, or in clear", secret)
			}
		}
	}
}

func TestAPreviewChangesNothingAndShowsNoSecret(t *testing.T) {
	from, to := transfertest.New(t), transfertest.New(t)
	from.Fill(t)
	to.Fill(t)
	copyIDs(t, from, to)
	before := to.State(t)
	pve := mustList(t, from)[0]
	pve.Secrets, pve.Name = map[string]string{"/token_secret": "hush-other"}, "renamed"
	if _, err := instance.NewRepository(from.Store).Put(t.Context(), pve); err != nil {
		t.Fatal(err)
	}
	from.Put(t, store.Settings, "system", map[string]any{"theme": "light", "pvePollingInterval": 20})
	from.Put(t, store.SignIn, "oidc/default", map[string]any{"id": "default", "enabled": true, "clientSecret": "hush-new"})
	if err := from.Store.Delete(t.Context(), store.Roles, "night-shift"); err != nil {
		t.Fatal(err)
	}
	outcome, err := to.Preview(t.Context(), bundled(export(t, from, true)))
	if err != nil {
		t.Fatal(err)
	}
	changed := map[string][]transfer.Field{}
	for _, one := range outcome.Changed {
		changed[one.Section] = one.Fields
	}
	want := map[string][]transfer.Field{
		"instances": {
			{Field: "/name", Before: `"lab"`, After: `"renamed"`},
			{Field: "/config/token_secret", Before: "•••", After: "•••"},
		},
		"system": {{Field: "/theme", Before: `"dark"`, After: `"light"`}},
		"signIn": {{Field: "/clientSecret", Before: "•••", After: "•••"}},
	}
	if diff := cmp.Diff(want, changed); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]transfer.Change{{Section: "roles", ID: "night-shift", Name: "night-shift"}}, outcome.Removed); diff != "" {
		t.Error(diff)
	}
	if text, err := json.Marshal(outcome); err != nil || strings.Contains(string(text), "hush") {
		t.Errorf("the outcome shows a secret: %s, %v", text, err)
	}
	if diff := cmp.Diff(before, to.State(t)); diff != "" {
		t.Errorf("a preview changed: %s", diff)
	}
}

// copyIDs makes the one hub one that came from the other.
func copyIDs(t *testing.T, from, to *transfertest.World) {
	t.Helper()
	if _, err := to.Import(t.Context(), bundled(export(t, from, true))); err != nil {
		t.Fatal(err)
	}
}

// TestAFailedImportChangesNothing fails every single step in turn: each write, each part that takes the configuration
// up, and each plugin.
func TestAFailedImportChangesNothing(t *testing.T) {
	from := transfertest.New(t)
	from.Fill(t)
	data, failure := transfertest.Quick(t, export(t, from, true)), errors.New("it fails here")
	check := func(t *testing.T, name string, arm func(w *transfertest.World)) (failed bool) {
		t.Helper()
		to := transfertest.New(t)
		to.Fill(t)
		before := to.State(t)
		known, polled := to.Running()
		arm(to)
		_, err := to.Import(t.Context(), bundled(data))
		if err == nil {
			return false
		}
		if diff := cmp.Diff(before, to.State(t)); diff != "" {
			t.Errorf("%s: something changed: %s", name, diff)
		}
		nowKnown, nowPolled := to.Running()
		if diff := cmp.Diff([][]string{known, polled}, [][]string{nowKnown, nowPolled}); diff != "" {
			t.Errorf("%s: plugins know others: %s", name, diff)
		}
		if len(to.Forgotten()) > 0 {
			t.Errorf("%s: %v are forgotten", name, to.Forgotten())
		}
		return true
	}
	writes := 0
	for check(t, "write", func(w *transfertest.World) {
		n := 0
		w.Records.Fail = func(b store.Bucket, key string) error {
			if n++; n == writes+1 {
				return failure
			}
			return nil
		}
	}) {
		writes++
	}
	if writes < 10 {
		t.Errorf("%d writes could fail, want more", writes)
	}
	for _, part := range []string{"tokens", "sign-in"} {
		if !check(t, part, func(w *transfertest.World) { w.Reload = once(part, failure) }) {
			t.Errorf("%s did not fail", part)
		}
	}
	for _, one := range mustList(t, from) {
		armed := check(t, one.Plugin, func(w *transfertest.World) {
			w.Balk = func(told instance.Instance) []supervise.FieldError {
				if told.ID == one.ID && told.Plugin == one.Plugin && told.Component[:6] == "source" {
					return []supervise.FieldError{{Path: "/url", Message: "is not liked"}}
				}
				return nil
			}
		})
		if armed != strings.HasPrefix(one.Component, "source/") {
			t.Errorf("%s: failed %v", one.Plugin, armed)
		}
	}
}

// once fails a part the first time that it is reloaded.
func once(part string, failure error) func(string) error {
	failed := false
	return func(name string) error {
		if name != part || failed {
			return nil
		}
		failed = true
		return failure
	}
}

func TestAChangeMeanwhileIsNotOverwritten(t *testing.T) {
	from, to := transfertest.New(t), transfertest.New(t)
	from.Fill(t)
	data := export(t, from, false)
	tries, changes := 0, 3
	to.Records.Before = func() {
		if tries++; tries <= changes {
			to.Put(t, store.Metadata, "guest/x", map[string]any{"notes": tries})
		}
	}
	if _, err := to.Import(t.Context(), bundled(data)); !errors.Is(err, transfer.ErrChanged) || tries != changes {
		t.Errorf("got %v after %d tries, want ErrChanged", err, tries)
	}
	if len(mustList(t, to)) > 0 {
		t.Error("it was imported all the same")
	}
	tries, changes = 0, 2
	outcome, err := to.Import(t.Context(), bundled(data))
	if err != nil || tries != 3 || len(outcome.Removed) != 1 {
		t.Errorf("after %d tries: %+v, %v", tries, outcome, err)
	}
}

// TestTheUseOfATokenStays checks that a hub keeps what it knows of tokens that it has already.
func TestTheUseOfATokenStays(t *testing.T) {
	w := transfertest.New(t)
	w.Fill(t)
	data := export(t, w, false)
	token, err := store.GetJSON[auth.Token](t.Context(), w.Store, store.Tokens, "t1")
	if err != nil {
		t.Fatal(err)
	}
	token.LastUsed = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	w.Put(t, store.Tokens, "t1", token)
	outcome, err := w.Import(t.Context(), bundled(data))
	if err != nil || len(outcome.Changed) > 0 {
		t.Errorf("got %+v, %v", outcome, err)
	}
	if kept, err := store.GetJSON[auth.Token](t.Context(), w.Store, store.Tokens, "t1"); err != nil || !cmp.Equal(kept, token) {
		t.Errorf("the token is %+v, %v", kept, err)
	}
}

func TestWhatThisHubWouldRefuseIsLeftOut(t *testing.T) {
	const plain = `{"format":"pulse configuration","version":1,"hub":"6.0.0","exportedAt":"2026-11-23T08:00:00Z","colour":1,
		"instances":[
			{"id":"a","plugin":"pulse.pbs","component":"source/pbs","name":"good","enabled":true,"config":{"url":"https://192.0.2.1:8007"},"revision":4},
			{"id":"a","plugin":"pulse.pbs","component":"source/pbs","name":"twin","config":{"url":"https://192.0.2.1:8007"}},
			{"id":"b","plugin":"pulse.pbs","component":"source/pbs","name":"no url","config":{}},
			{"id":"c/d","plugin":"pulse.pbs","component":"source/pbs","name":"slash","config":{"url":"https://192.0.2.1:8007"}},
			{"id":"e","plugin":"acme.nas","component":"source/nas","name":"elsewhere","enabled":true,"config":{"x":1}},
			{"id":"f","plugin":"pulse.pbs","component":"source/pbs","name":"refused","enabled":true,"config":{"url":"https://192.0.2.9:8007"}},
			{"id":"g","plugin":"pulse.pbs","component":"pbs","name":"no kind","config":{}}],
		"sections":{
			"tokens":{"t1":{"id":"t1","name":"no hash"},"t2":{"id":"t2","hash":"` + hash + `","scopes":["root:all"]},
				"t3":{"id":"other","hash":"` + hash + `"},"t4":{"id":"t4","name":"revoked","hash":"` + hash + `","scopes":["*"]}},
			"alerts":{"config":{"guestDefaults":{"cpu":"hot"}}},
			"roles":{"admin":{"name":"admin","permissions":["*:*"]},"bad":{"name":"bad","permissions":["fly:high"]}},
			"routing":{"notification-routes":[{"minLevel":"loud"}],"notification-other":{}},
			"nodes":{"node/a":{"monitors":7},"elsewhere":{}},
			"channels":{"channel/notify-email":{"said":[]}},
			"planets":{"mars":{}}}}`
	w := transfertest.New(t)
	w.Put(t, store.RevokedTokens, hash, struct{}{})
	w.Refuse = func(one instance.Instance) []supervise.FieldError {
		if one.Name == "refused" {
			return []supervise.FieldError{{Path: "/url", Message: "is not liked"}}
		}
		return nil
	}
	outcome, err := w.Import(t.Context(), bundled(transfertest.Sealed(t, plain)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, one := range mustList(t, w) {
		names = append(names, one.Name)
	}
	if diff := cmp.Diff([]string{"good", "elsewhere"}, names); diff != "" {
		t.Error(diff)
	}
	if len(outcome.Added) != 2 {
		t.Errorf("%v are added", outcome.Added)
	}
	all := strings.Join(outcome.Warnings, "\n")
	for _, want := range []string{
		"colour is not known", `section "planets" is not known`, `"twin" is left out`, `"no url" of pulse.pbs is left out`, `"slash" of pulse.pbs is left out`,
		`"elsewhere" waits for the plugin acme.nas`, `"refused" of pulse.pbs is left out: configuration is not valid: /url`, `"no kind"`,
		`tokens: "t1" is left out`, `tokens: "t2" is left out: scope "root:all"`, `tokens: "t3" is left out`, `token "revoked" is left out: it was revoked`,
		`alerts: "config" is left out`, `roles: "admin" is left out`, `roles: "bad" is left out`, `routing: "notification-routes" is left out`,
		`routing: "notification-other"`, `nodes: "node/a" is left out`, `nodes: "elsewhere" is left out`, `channels: "channel/notify-email" is left out`,
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no warning has %q in\n%s", want, all)
		}
	}
	if _, polled := w.Running(); !cmp.Equal(polled, []string{"a"}) {
		t.Errorf("%v are polled", polled)
	}
}

// TestAPluginThatCannotBeAskedIsAskedOnce checks that a plugin that hangs does not hold an import up for each instance.
func TestAPluginThatCannotBeAskedIsAskedOnce(t *testing.T) {
	const one = `{"id":"%s","plugin":"%s","component":"source/pbs","name":"n","enabled":true,"config":{"url":"https://192.0.2.1:8007"}}`
	w := transfertest.New(t)
	w.Silent = map[string]bool{"pulse.pbs": true}
	var list []string
	for _, id := range []string{"a", "b", "c"} {
		list = append(list, fmt.Sprintf(one, id, "pulse.pbs"))
	}
	list = append(list, strings.Replace(fmt.Sprintf(one, "d", "pulse.pmg"), "pbs", "pmg", 1), strings.Replace(fmt.Sprintf(one, "e", "pulse.pmg"), "pbs", "pmg", 1))
	plain := `{"format":"pulse configuration","version":1,"instances":[` + strings.Join(list, ",") + `]}`
	outcome, err := w.Import(t.Context(), bundled(transfertest.Sealed(t, plain)))
	if err != nil || len(outcome.Added) != 5 {
		t.Errorf("got %+v, %v", outcome, err)
	}
	if diff := cmp.Diff([]string{"pulse.pbs", "pulse.pmg", "pulse.pmg"}, w.Asked()); diff != "" {
		t.Error(diff)
	}
}

const hash = "a0e407663ee57d4683a3442b58120c82b2fb3680071e5464809bee8fc72fe14b"

func TestWhatCannotBeImportedIsSaid(t *testing.T) {
	w := transfertest.New(t)
	sealed := func(plain string) transfer.Import { return bundled(transfertest.Sealed(t, plain)) }
	tests := map[string]struct {
		wanted transfer.Import
		want   error
	}{
		"no passphrase":   {transfer.Import{Data: "x"}, transfer.ErrNoPassphrase},
		"no data":         {transfer.Import{Passphrase: "x"}, transfer.ErrNoData},
		"wrong one":       {transfer.Import{Data: transfertest.Vector(t), Passphrase: "x"}, bundle.ErrDecrypt},
		"newer":           {sealed(`{"format":"pulse configuration","version":2}`), transfer.ErrNewer},
		"something else":  {sealed(`{"hello":"world"}`), transfer.ErrDocument},
		"no version":      {sealed(`{"format":"pulse configuration"}`), transfer.ErrDocument},
		"another type":    {sealed(`{"format":"pulse configuration","version":1,"instances":"hush"}`), transfer.ErrDocument},
		"no JSON":         {sealed(`{"format":`), transfer.ErrDocument},
		"too many":        {sealed(`{"format":"pulse configuration","version":1,"instances":[` + strings.Repeat("{},", 2000) + `{}]}`), transfer.ErrDocument},
		"nothing is said": {sealed(`{"format":"pulse configuration","version":1}`), nil},
	}
	w.Fill(t)
	before := w.State(t)
	for name, tt := range tests {
		for what, do := range map[string]func(context.Context, transfer.Import) (*transfer.Outcome, error){"import": w.Import, "preview": w.Preview} {
			if _, err := do(t.Context(), tt.wanted); !errors.Is(err, tt.want) || err != nil && strings.Contains(err.Error(), "hush") {
				t.Errorf("%s, %s: got %v, want %v", name, what, err, tt.want)
			}
		}
	}
	if diff := cmp.Diff(before, w.State(t)); diff != "" {
		t.Error(diff)
	}
	for passphrase, want := range map[string]error{"": transfer.ErrNoPassphrase, "short": transfer.ErrShortPassphrase, "eleven-char": transfer.ErrShortPassphrase} {
		if _, err := w.Export(t.Context(), transfer.Export{Passphrase: passphrase}); !errors.Is(err, want) {
			t.Errorf("export with %q: got %v, want %v", passphrase, err, want)
		}
	}
}
