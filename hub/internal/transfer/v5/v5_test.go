package v5_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/transfer/v5"
)

func vector(t testing.TB) []byte {
	t.Helper()
	plain, err := os.ReadFile("testdata/v5.json")
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func TestTheVectorIsReadWhole(t *testing.T) {
	c, warnings, err := v5.Decode(vector(t))
	if err != nil || len(warnings) > 0 {
		t.Fatalf("got %v, %v", warnings, err)
	}
	pve := v5.PVE{
		Server:     v5.Server{Name: "test-pve1", Host: "https://127.0.0.1:1", TokenName: "pulse@pam!mon", TokenValue: "secret"},
		MonitorVMs: true, MonitorContainers: true, MonitorStorage: true, ClusterEndpoints: json.RawMessage("null"),
	}
	pbs := v5.PBS{
		Server:         v5.Server{Name: "pbs1", Host: "https://127.0.0.1:2", TokenName: "pulse@pbs!mon", TokenValue: "secret"},
		MonitorBackups: true,
	}
	if diff := cmp.Diff(&v5.Nodes{PVE: []v5.PVE{pve}, PBS: []v5.PBS{pbs}, PMG: []v5.PMG{}}, c.Nodes); diff != "" {
		t.Error(diff)
	}
	token := v5.Token{
		ID: "ceec781b-6237-4305-938c-415e6e4cb86b", Name: "ro", Prefix: "41e05a", Suffix: "8f66", Scopes: []string{"monitoring:read"},
		Hash: "a0e407663ee57d4683a3442b58120c82b2fb3680071e5464809bee8fc72fe14b", CreatedAt: time.Date(2026, 11, 23, 5, 29, 43, 107006963, time.UTC),
	}
	if diff := cmp.Diff(token, c.APITokens[0]); diff != "" || len(c.APITokens) != 2 || !c.ReplacesTokens() {
		t.Errorf("%d tokens: %s", len(c.APITokens), diff)
	}
	if v5.Present(c.OIDC) || !v5.Present(c.Email) || !v5.Present(c.Apprise) || !v5.Present(c.System) || len(c.GuestMetadata) != 1 {
		t.Error("parts are missing, or too many")
	}
}

func TestVersions(t *testing.T) {
	for version, want := range map[string]struct {
		tokens bool
		warned string
	}{"4.1": {true, ""}, "4.0": {false, ""}, "4.2": {false, `version "4.2" of the format is not known`}, "": {false, `version ""`}} {
		c, warnings, err := v5.Decode([]byte(`{"version":"` + version + `","apiTokens":[]}`))
		if err != nil || c.ReplacesTokens() != want.tokens {
			t.Errorf("%q: replaces tokens %v, %v", version, c.ReplacesTokens(), err)
		}
		if got := strings.Join(warnings, " "); !strings.Contains(got, want.warned) || (got == "") != (want.warned == "") {
			t.Errorf("%q: warnings are %q", version, got)
		}
	}
}

func TestUnknownMembersAreWarnedOf(t *testing.T) {
	_, warnings, err := v5.Decode([]byte(`{"version":"4.1","colour":1,"nodes":{"pveInstances":[{"Name":"a","Shape":2}]}}`))
	want := []string{"colour is not known and not taken over", "nodes.pveInstances[0].Shape is not known and not taken over"}
	if diff := cmp.Diff(want, warnings); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestWhatIsNoConfigurationIsRefused(t *testing.T) {
	many := func(list string) string {
		return list + strings.Repeat(`{},`, 3000) + `{}]`
	}
	tests := map[string]struct {
		plain string
		want  error
	}{
		"nothing":       {"", v5.ErrNotConfiguration},
		"a list":        {"[]", v5.ErrNotConfiguration},
		"null":          {"null", v5.ErrNotConfiguration},
		"no JSON":       {`{"version":"4.1",`, v5.ErrNotConfiguration},
		"another type":  {`{"version":"4.1","nodes":{"pveInstances":"hidden"}}`, v5.ErrNotConfiguration},
		"many nodes":    {many(`{"nodes":{"pveInstances":[`) + "}}", v5.ErrTooMany},
		"many webhooks": {many(`{"webhooks":[`) + "}", v5.ErrTooMany},
		"many tokens":   {many(`{"apiTokens":[`) + "}", v5.ErrTooMany},
	}
	for name, tt := range tests {
		_, _, err := v5.Decode([]byte(tt.plain))
		if !errors.Is(err, tt.want) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(vector(f))
	f.Add([]byte(`{"version":"4.0","nodes":null,"oidc":{"enabled":true},"colour":[1]}`))
	f.Fuzz(func(t *testing.T, plain []byte) {
		c, warnings, err := v5.Decode(plain)
		if (c == nil) == (err == nil) || len(warnings) > 101 {
			t.Errorf("configuration %v, %d warnings, error %v", c != nil, len(warnings), err)
		}
	})
}
