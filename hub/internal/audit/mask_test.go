package audit_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/audit"
)

func TestMask(t *testing.T) {
	type settings struct {
		Host     string            `json:"host"`
		Password string            `json:"password"`
		Headers  map[string]string `json:"headers"`
	}
	tests := []struct {
		name  string
		value any
		want  string
	}{
		{"nothing", nil, `null`},
		{"plain", map[string]any{"a": 1, "b": "text", "c": []int{1}}, `{"a":1,"b":"text","c":[1]}`},
		{"big number", json.RawMessage(`{"size":123456789012345678901}`), `{"size":123456789012345678901}`},
		{
			"struct", settings{"h", "x", map[string]string{"Authorization": "y", "Accept": "z"}},
			`{"headers":{"Accept":"z","Authorization":"•••"},"host":"h","password":"•••"}`,
		},
		{"not set", map[string]any{"password": "", "token": nil, "apiKeySet": true}, `{"apiKeySet":true,"password":"","token":null}`},
		{"number", map[string]any{"pin": 1234}, `{"pin":"•••"}`},
		{"whole object", map[string]any{"secrets": map[string]any{"a": "b"}}, `{"secrets":"•••"}`},
		{
			"spellings", map[string]any{"API_KEY": "1", "x-auth-token": "2", "privateKey": "3", "SMTPPassword": "4", "passwordHash": "5", "Set-Cookie": "6", "tokenSecret": "7"},
			`{"API_KEY":"•••","SMTPPassword":"•••","Set-Cookie":"•••","passwordHash":"•••","privateKey":"•••","tokenSecret":"•••","x-auth-token":"•••"}`,
		},
		{"names of no secrets", map[string]any{"tokenId": "1", "keyboard": "2", "monkey": "3", "keyName": "4", "author": "5"}, `{"author":"5","keyName":"4","keyboard":"2","monkey":"3","tokenId":"1"}`},
		{"id of a secret", map[string]any{"password_id": "1"}, `{"password_id":"•••"}`},
		{"pair", []any{map[string]any{"name": "Authorization", "value": "x"}, map[string]any{"name": "Accept", "value": "y"}}, `[{"name":"Authorization","value":"•••"},{"name":"Accept","value":"y"}]`},
		{"pair with a key", map[string]any{"key": "X-Api-Key", "value": "x"}, `{"key":"•••","value":"•••"}`},
		{"URL", "see https://user:pa55@nas.example:8443/a?b=c", `"see https://•••@nas.example:8443/a?b=c"`},
		{"query", "https://nas.example/hook?b=c&access_token=abc&key=#f", `"https://nas.example/hook?b=c\u0026access_token=•••\u0026key=#f"`},
		{"URL without a secret", "https://nas.example/@name", `"https://nas.example/@name"`},
		{"webhook", "https://hooks.example/services/T0000/XyZ0123456789abcdefghij/x", `"https://hooks.example/services/T0000/•••/x"`},
		{"path for people", "https://nas.example/a-long-name-without-any-number/1", `"https://nas.example/a-long-name-without-any-number/1"`},
		{"header", "Bearer abcdefgh12345", `"Bearer •••"`},
		{"private key", "-----BEGIN EC PRIVATE KEY-----\nabc\n-----END EC PRIVATE KEY-----\nrest", `"•••\nrest"`},
		{"private key that was cut", "a -----BEGIN PRIVATE KEY-----\nabc", `"a •••"`},
		{"no JSON", func() {}, `"•••"`},
		{"broken JSON", json.RawMessage(`{"password":`), `"•••"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, string(audit.Mask(tt.value))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzMask(f *testing.F) {
	f.Add(`{"a":{"b":[{"c":"d"}]}}`, "password")
	f.Add(`[1,"https://a:b@c/d?token=e",null]`, "api_key")
	f.Add(`"-----BEGIN PRIVATE KEY-----"`, "X-Token")
	f.Fuzz(func(t *testing.T, around, name string) {
		const secret = "hunter2hunter2"
		if strings.Contains(around, secret) || strings.Contains(name, secret) || !json.Valid([]byte(around)) {
			return
		}
		value := map[string]any{
			"around":           json.RawMessage(around),
			name + "-password": secret,
			"list":             []any{map[string]any{"token": []string{secret}}, map[string]any{"name": "Cookie", "value": secret}},
			"url":              "https://user:" + secret + "@host/path?apikey=" + secret,
		}
		got := audit.Mask(value)
		if !json.Valid(got) {
			t.Fatalf("not JSON: %q", got)
		}
		if strings.Contains(string(got), secret) {
			t.Errorf("the secret is still there: %s", got)
		}
		if again := audit.Mask(got); string(again) != string(got) {
			t.Errorf("masking twice changes %s to %s", got, again)
		}
	})
}
