package manifest_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/sdk/manifest"
)

const complete = `{
  "$schema": "https://example.org/plugin.schema.json", "manifest": 1,
  "id": "acme.truenas", "version": "1.2.0-rc.1", "name": "TrueNAS", "description": "Pools and disks.", "license": "MIT",
  "author": {"name": "Acme", "url": "https://acme.example"}, "homepage": "https://acme.example/nas", "icon": "icon.svg",
  "sdk": "go/1.0.0",
  "protocol": {"min": 1, "max": 1}, "pulse": ">=1.0.0 <2.0.0",
  "exec": {
    "linux-amd64": {"path": "bin/truenas", "sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
    "any": {"interpreter": "node", "path": "plugin.js"}
  },
  "transport": {"mtls": false},
  "components": [
    {"kind": "source", "type": "truenas", "name": "TrueNAS", "description": "One server.", "icon": "nas", "category": "storage",
     "features": ["source.watch", "source.future"],
     "datasets": [{"name": "pools", "title": "Pools", "interval": "30s", "min_interval": "5s", "timeout": "1m0s"}],
     "presets": [{"name": "lab", "config": {"url": "https://nas"}}],
     "config": {"type": "object", "required": ["url"], "properties": {"url": {"type": "string", "format": "uri"}}}},
    {"kind": "dashboard", "type": "wall", "name": "Wall", "config": {"anything": true}}
  ],
  "needs": {"network": ["instance:url", "tcp:443"], "host": ["kv"], "exec": true, "read": ["/etc/nas"]},
  "limits": {"memory": "256MiB", "nofile": 256}, "isolation": "instance"
}`

func decode(t *testing.T) *manifest.Manifest {
	t.Helper()
	m, err := manifest.Decode([]byte(complete))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDecode(t *testing.T) {
	m := decode(t)
	if m.Limits.Memory != 256<<20 || time.Duration(m.Components[0].Datasets[0].Timeout) != time.Minute {
		t.Errorf("got %+v", m)
	}
	if diff := cmp.Diff([]string{"dashboard/wall"}, m.UnknownKinds()); diff != "" {
		t.Errorf("unknown kinds (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"source.future"}, m.UnknownFeatures()); diff != "" {
		t.Errorf("unknown features (-want +got):\n%s", diff)
	}
	if c, ok := m.Component("source/truenas"); !ok || c.Name != "TrueNAS" {
		t.Errorf("component: got %v, %v", c, ok)
	}
	if _, ok := m.Component("source/none"); ok {
		t.Error("found a component that is not there")
	}
}

func TestEncodeRoundTrip(t *testing.T) {
	data, err := decode(t).Encode()
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(complete), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("encoded (-want +got):\n%s", diff)
	}
}

func TestMessageRoundTrip(t *testing.T) {
	m := decode(t)
	message := m.ToMessage()
	fields := message.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		if !message.ProtoReflect().Has(fields.Get(i)) {
			t.Errorf("field %s of the message is not set", fields.Get(i).Name())
		}
	}
	component := message.Components[0].ProtoReflect()
	for i := range component.Descriptor().Fields().Len() {
		if field := component.Descriptor().Fields().Get(i); !component.Has(field) {
			t.Errorf("field %s of the component is not set", field.Name())
		}
	}
	// What a process does not know of itself.
	m.Schema, m.Exec = "", nil
	message.Components[0].ConfigSchema = " " + message.Components[0].ConfigSchema + "\n"
	if diff := cmp.Diff(m, manifest.FromMessage(message)); diff != "" {
		t.Errorf("round trip (-want +got):\n%s", diff)
	}
	if got := manifest.FromMessage(nil); got.Validate() == nil {
		t.Error("an empty message is valid")
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, change := range map[string][2]string{
		"id without publisher":  {`"acme.truenas"`, `"truenas"`},
		"id in capitals":        {`"acme.truenas"`, `"Acme.truenas"`},
		"version":               {`"1.2.0-rc.1"`, `"1.2"`},
		"name":                  {`"name": "TrueNAS", "description": "Pools`, `"name": "", "description": "Pools`},
		"format":                {`"manifest": 1`, `"manifest": 2`},
		"protocol":              {`"min": 1, "max": 1`, `"min": 2, "max": 1`},
		"constraint":            {`>=1.0.0 <2.0.0`, `~1.0.0`},
		"unknown member":        {`"license"`, `"licence"`},
		"path outside":          {`"bin/truenas"`, `"../truenas"`},
		"absolute path":         {`"bin/truenas"`, `"/bin/truenas"`},
		"checksum":              {`0123456789abcdef"}`, `0123456789abcdeg"}`},
		"platform":              {`"linux-amd64"`, `"linux/amd64"`},
		"icon outside":          {`"icon.svg"`, `"../icon.svg"`},
		"isolation":             {`"isolation": "instance"`, `"isolation": "none"`},
		"memory":                {`256MiB`, `256 apples`},
		"memory overflow":       {`256MiB`, `99999999999999GiB`},
		"component type":        {`"type": "truenas"`, `"type": "true nas"`},
		"component name":        {`"name": "Wall"`, `"name": ""`},
		"component twice":       {`"kind": "dashboard", "type": "wall"`, `"kind": "source", "type": "truenas"`},
		"schema outside subset": {`"format": "uri"`, `"format": "zip"`},
		"dataset interval":      {`"interval": "30s"`, `"interval": "3s"`},
		"dataset name":          {`"name": "pools"`, `"name": "All Pools"`},
		"no dataset":            {`"datasets": [{"name": "pools", "title": "Pools", "interval": "30s", "min_interval": "5s", "timeout": "1m0s"}],`, ``},
		"preset":                {`{"url": "https://nas"}`, `{"url": "nas"}`},
		"need":                  {`"tcp:443"`, `"tcp 443"`},
		"trailing":              {`"isolation": "instance"` + "\n}", `"isolation": "instance"}{}`},
	} {
		text := strings.Replace(complete, change[0], change[1], 1)
		if text == complete {
			t.Errorf("%s: the case changes nothing", name)
		}
		if _, err := manifest.Decode([]byte(text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := manifest.Decode([]byte(strings.Replace(complete, "acme.truenas", "x", 1))); !errors.Is(err, manifest.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
}

func TestCompareVersions(t *testing.T) {
	// The order that https://semver.org, item 11, gives, and some more.
	ordered := []string{"none", "0.9.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
		"1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0"}
	for i, a := range ordered {
		for j, b := range ordered {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := manifest.CompareVersions(a, b); got != want {
				t.Errorf("compare %s with %s: got %d, want %d", a, b, got, want)
			}
		}
	}
	if manifest.CompareVersions("1.0.0+a", "1.0.0+b") != 0 {
		t.Error("build metadata has an order")
	}
}

func TestAllows(t *testing.T) {
	m := decode(t)
	for version, want := range map[string]bool{
		"1.0.0": true, "1.9.9": true, "0.9.9": false, "2.0.0": false, "1.0.0-rc.1": false,
	} {
		if got := m.Allows(version); got != want {
			t.Errorf("allows %s: got %v", version, got)
		}
	}
	m.Pulse = ""
	if !m.Allows("9.9.9") {
		t.Error("no constraint forbids something")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(complete))
	f.Add([]byte(`{"manifest":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := manifest.Decode(data)
		if err != nil {
			t.Skip()
		}
		encoded, err := m.Encode()
		if err != nil {
			t.Fatalf("accepted manifest does not encode: %v", err)
		}
		if _, err := manifest.Decode(encoded); err != nil && len(encoded) <= manifest.MaxBytes {
			t.Errorf("accepted manifest is refused when it comes back: %v", err)
		}
		if err := manifest.FromMessage(m.ToMessage()).Validate(); err != nil {
			t.Errorf("accepted manifest is invalid after Describe: %v", err)
		}
	})
}
