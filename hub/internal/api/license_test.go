package api_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/license"
)

func TestLicense(t *testing.T) {
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	key, err := license.Issue(private, license.Claims{ID: "l", Email: "owner@example.com", Tier: license.Lifetime})
	if err != nil {
		t.Fatal(err)
	}
	old, err := license.Issue(private, license.Claims{ID: "l", Email: "e", Tier: license.Pro, Expires: time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC).Unix()})
	if err != nil {
		t.Fatal(err)
	}
	db := openStore(t)
	log := audit.New(audit.Options{Records: db})
	desk := license.New(license.Options{Records: db, PublicKey: private.Public().(ed25519.PublicKey)})
	handler := serveRoutes(api.LicenseRoutes(desk), log)

	const free = `{"valid":false,"tier":"free","is_lifetime":false,"days_remaining":0,"features":null}`
	const lifetime = `{"valid":true,"tier":"lifetime","email":"owner@example.com","is_lifetime":true,"days_remaining":-1,` +
		`"features":["ai_patrol","ai_alerts","ai_autofix","kubernetes_ai","update_alerts"]}`
	features := func(status, on string) string {
		return strings.ReplaceAll(`{"license_status":"`+status+`","features":{"ai_alerts":?,"ai_autofix":?,"ai_patrol":?,"kubernetes_ai":?,"update_alerts":?},`+
			`"upgrade_url":"https://pulserelay.pro"}`, "?", on)
	}
	for _, step := range []struct {
		method, path, token, body string
		status                    int
		want                      string // all of a success; what a refusal says
	}{
		{"GET", "status", "all", "", 200, free},
		{"GET", "status", "", "", 401, ""},
		{"GET", "features", "agent", "", 200, features("none", "false")},
		{"POST", "activate", "agent", `{}`, 403, ""},
		{"POST", "activate", "all", `{}`, 400, "License key is required"},
		{"POST", "activate", "all", `{`, 400, "Invalid request body"},
		{"POST", "activate", "all", `{"license_key":"garbage"}`, 400, "malformed license key"},
		{"POST", "activate", "all", `{"license_key":"` + strings.Repeat("x", 20_000) + `"}`, 400, "Invalid request body"},
		{"POST", "activate", "all", `{"license_key":"` + old + `"}`, 400, "license has expired: expired on 2020-01-02 (grace period ended 2020-01-09)"},
		{"POST", "activate", "all", `{"license_key":"` + key + `"}`, 200, `{"success":true,"message":"License activated successfully","status":` + lifetime + `}`},
		{"GET", "status", "all", "", 200, lifetime},
		{"GET", "features", "agent", "", 200, features("active", "true")},
		{"POST", "clear", "reads", "", 403, ""},
		{"POST", "clear", "all", "", 200, `{"success":true,"message":"License cleared"}`},
		{"POST", "clear", "all", "", 200, `{"success":true,"message":"License cleared"}`},
		{"GET", "status", "all", "", 200, free},
	} {
		w := ask(t, handler, step.method, "/api/license/"+step.path, step.token, step.body)
		if w.Code != step.status {
			t.Fatalf("%s %s as %q: %d %s", step.method, step.path, step.token, w.Code, w.Body)
		}
		if step.status == http.StatusOK {
			if diff := cmp.Diff(step.want, w.Body.String()); diff != "" {
				t.Errorf("%s %s: %s", step.method, step.path, diff)
			}
			continue
		}
		var refused struct {
			Success *bool
			Message string
		}
		if step.status != http.StatusBadRequest {
			continue
		}
		if err := json.Unmarshal(w.Body.Bytes(), &refused); err != nil || refused.Success == nil || *refused.Success || refused.Message != step.want {
			t.Errorf("%s %s: %s, want %q", step.method, step.path, w.Body, step.want)
		}
	}
	events, err := log.Query(t.Context(), audit.Filter{Subject: "license"})
	if err != nil || len(events) != 3 || events[2].What != "activated" || events[1].What != "removed" || events[2].Actor != "all" {
		t.Errorf("%+v, %v", events, err)
	}
	whole, err := json.Marshal(events)
	if err != nil || bytes.Contains(whole, []byte(key[:40])) {
		t.Errorf("the audit log holds the key: %s, %v", whole, err)
	}
}
