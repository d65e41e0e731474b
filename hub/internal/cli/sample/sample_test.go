package sample

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/sdk/conformance"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

const form = `{"type":"object","properties":{
	"url":{"type":"string"},"token":{"type":"string","writeOnly":true},
	"tls":{"type":"object","properties":{"key":{"type":"string","writeOnly":true}}}}}`

func plugin(components ...string) *manifest.Manifest {
	m := &manifest.Manifest{ID: "acme.x1"}
	for _, typ := range components {
		m.Components = append(m.Components, manifest.Component{Kind: "source", Type: typ, Config: json.RawMessage(form)})
	}
	return m
}

func TestParse(t *testing.T) {
	secrets := map[string]string{"/token": "t", "/tls/key": "k"}
	tests := []struct {
		name, text string
		plugin     *manifest.Manifest
		want       map[string]conformance.Sample
	}{
		{"apart", `{"source/a":{"config":{"url":"u"},"secrets":{"/token":"t"},"variants":[{"url":"v"}],"idempotent":true}}`, plugin("a", "b"),
			map[string]conformance.Sample{"source/a": {
				Config: json.RawMessage(`{"url":"u"}`), Secrets: map[string]string{"/token": "t"},
				Variants: []json.RawMessage{json.RawMessage(`{"url":"v"}`)}, Idempotent: true,
			}}},
		{"in their places", `{"source/a":{"config":{"url":"u","token":"t","tls":{"key":"k"}}}}`, plugin("a"),
			map[string]conformance.Sample{"source/a": {Config: json.RawMessage(`{"tls":{},"url":"u"}`), Secrets: secrets}}},
		{"the configuration itself", `{"url":"u","token":"t"}`, plugin("a"),
			map[string]conformance.Sample{"source/a": {Config: json.RawMessage(`{"url":"u"}`), Secrets: map[string]string{"/token": "t"}}}},
		{"empty", `{}`, plugin("a"),
			map[string]conformance.Sample{"source/a": {Config: json.RawMessage(`{}`), Secrets: map[string]string{}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse([]byte(tt.text), tt.plugin)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseRefusesWithoutQuoting(t *testing.T) {
	for _, text := range []string{
		`["hunter2"]`, `{"source/b":{"config":{}}}`, `{"source/a":{"confg":"hunter2"}}`, `{"url":"hunter2"`, `null`,
	} {
		_, err := Parse([]byte(text), plugin("a"))
		if !errors.Is(err, ErrInvalid) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v", text, err)
		}
	}
	if _, err := Parse([]byte(`{"url":"u"}`), plugin("a", "b")); !errors.Is(err, ErrInvalid) {
		t.Errorf("a bare configuration for one of two components: got %v", err)
	}
}

func TestWholePutsSecretsBack(t *testing.T) {
	m := plugin("a")
	samples, err := Parse([]byte(`{"url":"u","token":"t","tls":{"key":"k"}}`), m)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Whole(samples["source/a"], &m.Components[0])
	if want := `{"tls":{"key":"k"},"token":"t","url":"u"}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"source/a":{"config":{"url":"u","token":"t"},"secrets":{"/tls/key":"k"}}}`))
	f.Add([]byte(`{"tls":"x","token":1}`))
	m := plugin("a")
	f.Fuzz(func(t *testing.T, text []byte) {
		samples, err := Parse(text, m)
		if err != nil {
			return
		}
		for _, one := range samples {
			if !json.Valid(one.Config) {
				t.Errorf("config is %q", one.Config)
			}
		}
	})
}
