package schema_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/sdk/schema"
	"github.com/pulse-hub/pulse/sdk/secret"
)

type credentials struct {
	User string      `json:"user" title:"User" default:"root@pam" pattern:"@"`
	Key  secret.Text `json:"key" title:"API key" required:"true" max:"10"`
}

type config struct {
	URL      string        `json:"url" title:"URL" description:"of the server" format:"uri" required:"true" examples:"https://a, https://b" x-pulse-placeholder:"https://…" x-pulse-docs:"https://docs"`
	Mode     string        `json:"mode" enum:"fast,slow" default:"fast" x-pulse-group:"more" x-pulse-widget:"radio"`
	Retries  int           `json:"retries" min:"0" max:"5" default:"2" x-pulse-show-if:"mode=slow"`
	Ratio    *float64      `json:"ratio,omitempty" min:"0.5"`
	Verify   bool          `json:"verify" default:"true"`
	Every    time.Duration `json:"every" default:"30s"`
	Nodes    []string      `json:"nodes" max:"2" format:"hostname"`
	Login    credentials   `json:"login"`
	Internal chan int      `json:"-"`
	private  int
}

const wantSchema = `{
 "type": "object",
 "properties": {
  "every": {"type": "string", "format": "duration", "default": "30s", "x-pulse-order": 6},
  "login": {
   "type": "object",
   "properties": {
    "key": {"type": "string", "title": "API key", "writeOnly": true, "maxLength": 10, "x-pulse-order": 2},
    "user": {"type": "string", "title": "User", "default": "root@pam", "pattern": "@", "x-pulse-order": 1}
   },
   "required": ["key"], "additionalProperties": false, "x-pulse-order": 8
  },
  "mode": {"type": "string", "default": "fast", "enum": ["fast", "slow"], "x-pulse-order": 2, "x-pulse-group": "more", "x-pulse-widget": "radio"},
  "nodes": {"type": "array", "maxItems": 2, "items": {"type": "string", "format": "hostname"}, "x-pulse-order": 7},
  "ratio": {"type": "number", "minimum": 0.5, "x-pulse-order": 4},
  "retries": {"type": "integer", "default": 2, "minimum": 0, "maximum": 5, "x-pulse-order": 3, "x-pulse-show-if": "mode=slow"},
  "url": {"type": "string", "title": "URL", "description": "of the server", "format": "uri", "examples": ["https://a", "https://b"], "x-pulse-order": 1, "x-pulse-placeholder": "https://…", "x-pulse-docs": "https://docs"},
  "verify": {"type": "boolean", "default": true, "x-pulse-order": 5}
 },
 "required": ["url"], "additionalProperties": false
}`

func mustSchema(t testing.TB) *schema.Schema {
	t.Helper()
	s, err := schema.Of[config]()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOf(t *testing.T) {
	data, err := json.Marshal(mustSchema(t))
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(wantSchema), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("schema (-want +got):\n%s", diff)
	}
	parsed, err := schema.Parse(data)
	if err != nil {
		t.Fatalf("own schema is refused: %v", err)
	}
	if diff := cmp.Diff(mustSchema(t), parsed); diff != "" {
		t.Errorf("parsed schema (-want +got):\n%s", diff)
	}
}

func TestOfRefuses(t *testing.T) {
	for name, of := range map[string]func() (*schema.Schema, error){
		"not a struct":    schema.Of[string],
		"map":             schema.Of[struct{ A map[string]string }],
		"list of numbers": schema.Of[struct{ A []int }],
		"two levels": schema.Of[struct {
			A struct{ B struct{ C string } }
		}],
		"default of secret": schema.Of[struct {
			A secret.Text `default:"x"`
		}],
		"bad default": schema.Of[struct {
			A int `default:"x"`
		}],
		"default past max": schema.Of[struct {
			A int `default:"9" max:"5"`
		}],
		"unknown format": schema.Of[struct {
			A string `format:"zip"`
		}],
		"format of number": schema.Of[struct {
			A int `format:"uri"`
		}],
		"bad pattern": schema.Of[struct {
			A string `pattern:"("`
		}],
		"required and show-if": schema.Of[struct {
			A string `json:"a" required:"true" x-pulse-show-if:"b=1"`
			B string `json:"b"`
		}],
	} {
		if _, err := of(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no object":        `{"type":"string"}`,
		"null":             `null`,
		"boolean schema":   `true`,
		"reference":        `{"type":"object","properties":{"a":{"$ref":"#/b"}}}`,
		"combination":      `{"type":"object","anyOf":[]}`,
		"list of types":    `{"type":"object","properties":{"a":{"type":["string","null"]}}}`,
		"no type":          `{"type":"object","properties":{"a":{}}}`,
		"null property":    `{"type":"object","properties":{"a":null}}`,
		"deep":             `{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"object"}}}}}`,
		"list of lists":    `{"type":"object","properties":{"a":{"type":"array","items":{"type":"array"}}}}`,
		"list of anything": `{"type":"object","properties":{"a":{"type":"array"}}}`,
		"secret number":    `{"type":"object","properties":{"a":{"type":"integer","writeOnly":true}}}`,
		"required unknown": `{"type":"object","required":["a"]}`,
		"enum of others":   `{"type":"object","properties":{"a":{"type":"string","enum":[1]}}}`,
		"other dialect":    `{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}`,
		"show-if unknown":  `{"type":"object","properties":{"a":{"type":"string","x-pulse-show-if":"b=1"}}}`,
	} {
		if _, err := schema.Parse([]byte(text)); !errors.Is(err, schema.ErrOutsideSubset) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := schema.Parse([]byte(`{"type":`)); err == nil || errors.Is(err, schema.ErrOutsideSubset) {
		t.Errorf("broken JSON: got %v", err)
	}
}

func TestValidate(t *testing.T) {
	const good = `"url":"https://pve:8006","login":{"key":"k"}`
	for _, test := range []struct {
		name, config string
		want         []schema.FieldError
	}{
		{"least", `{` + good + `}`, nil},
		{"empty optional", `{` + good + `,"mode":"","every":null,"ratio":""}`, nil},
		{"whole number", `{` + good + `,"retries":3.0}`, nil},
		{"required", `{"url":"","login":{}}`, []schema.FieldError{
			{Path: "/login/key", Message: "is required"}, {Path: "/url", Message: "is required"}}},
		{"required object is optional", `{"url":"https://a"}`, nil},
		{"types", `{"url":1,"mode":"other","retries":"x","verify":"yes","nodes":"a","login":[]}`, []schema.FieldError{
			{Path: "/login", Message: "must be an object"},
			{Path: "/mode", Message: "must be one of the allowed values"},
			{Path: "/nodes", Message: "must be a list"},
			{Path: "/retries", Message: "must be a number"},
			{Path: "/url", Message: "must be text"},
			{Path: "/verify", Message: "must be true or false"}}},
		{"ranges", `{` + good + `,"retries":9,"ratio":0.1,"nodes":["a","b","c"]}`, []schema.FieldError{
			{Path: "/nodes", Message: "must have at most 2 items"},
			{Path: "/ratio", Message: "must be at least 0.5"},
			{Path: "/retries", Message: "must be at most 5"}}},
		{"fraction", `{` + good + `,"retries":1.5}`, []schema.FieldError{{Path: "/retries", Message: "must be a whole number"}}},
		{"items", `{` + good + `,"nodes":["a","b c"]}`, []schema.FieldError{
			{Path: "/nodes/1", Message: "must be a host name or an IP address"}}},
		{"nested", `{"url":"https://a","login":{"key":"12345678901","user":"root","~":1}}`, []schema.FieldError{
			{Path: "/login/key", Message: "must have at most 10 characters"},
			{Path: "/login/user", Message: "must match the pattern @"},
			{Path: "/login/~0", Message: "is not a known setting"}}},
		{"no object", `[]`, []schema.FieldError{{Message: "must be a JSON object"}}},
		{"two values", `{} {}`, []schema.FieldError{{Message: "must be a JSON object"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, got := mustSchema(t).ValidateJSON([]byte(test.config))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFormats(t *testing.T) {
	for format, values := range map[string]struct{ good, bad []string }{
		schema.FormatURI:         {[]string{"https://a", "http://[::1]:80/x"}, []string{"a", "/x", "mailto:a@b", "https://"}},
		schema.FormatHostname:    {[]string{"a", "a.b-c.d", "10.0.0.1", "::1", "a_b"}, []string{"a b", "-a", "a..b", "a:1"}},
		schema.FormatHostPort:    {[]string{"a:1", "[::1]:443"}, []string{"a", "a:0", "a:70000", "::1:443", ":1"}},
		schema.FormatEmail:       {[]string{"a@b.c"}, []string{"a", "A <a@b.c>", "a@b.c,d@e.f"}},
		schema.FormatDuration:    {[]string{"30s", "1m30s", "0"}, []string{"30", "-1s", "x"}},
		schema.FormatFingerprint: {[]string{strings.Repeat("ab", 32), strings.TrimSuffix(strings.Repeat("AB:", 32), ":")}, []string{"ab", "zz"}},
		schema.FormatPassword:    {[]string{"x"}, nil},
		schema.FormatMultiline:   {[]string{"x\ny"}, nil},
	} {
		s, err := schema.Parse([]byte(`{"type":"object","properties":{"a":{"type":"string","format":"` + format + `"}}}`))
		if err != nil {
			t.Fatal(err)
		}
		for _, value := range values.good {
			if errs := s.Validate(map[string]any{"a": value}); errs != nil {
				t.Errorf("%s %q: %v", format, value, errs)
			}
		}
		for _, value := range values.bad {
			if errs := s.Validate(map[string]any{"a": value}); errs == nil {
				t.Errorf("%s %q: accepted", format, value)
			}
		}
	}
}

func TestSecretsDefaultsAndBind(t *testing.T) {
	s := mustSchema(t)
	if diff := cmp.Diff([]string{"/login/key"}, s.SecretPaths()); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
	stored := map[string]any{"url": "https://a", "retries": json.Number("1e0"), "ratio": "", "every": "1m"}
	full, err := s.WithSecrets(stored, map[string]string{"/login/key": "k3y"})
	if err != nil {
		t.Fatal(err)
	}
	full = s.WithDefaults(full)
	if len(stored) != 4 || stored["login"] != nil {
		t.Errorf("the argument was changed: %v", stored)
	}
	if errs := s.Validate(full); errs != nil {
		t.Fatal(errs)
	}
	var got config
	if err := schema.Bind(full, &got); err != nil {
		t.Fatal(err)
	}
	want := config{URL: "https://a", Mode: "fast", Retries: 1, Verify: true, Every: time.Minute,
		Login: credentials{User: "root@pam", Key: "k3y"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(config{})); diff != "" {
		t.Errorf("bound (-want +got):\n%s", diff)
	}
	if _, err := s.WithSecrets(stored, map[string]string{"/url": "x"}); !errors.Is(err, schema.ErrNoSecret) {
		t.Errorf("secret for another field: got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(wantSchema), []byte(`{"url":"https://a","login":{"key":"k"},"nodes":["a"],"retries":1e0}`))
	f.Add([]byte(`{"type":"object","properties":{"a":{"type":"array","items":{"type":"string","pattern":"^a*$"}}}}`), []byte(`{"a":["b"]}`))
	f.Fuzz(func(t *testing.T, text, configuration []byte) {
		s, err := schema.Parse(text)
		if err != nil {
			t.Skip()
		}
		again, err := json.Marshal(s)
		if err != nil {
			t.Fatalf("accepted schema does not marshal: %v", err)
		}
		if _, err := schema.Parse(again); err != nil && len(again) <= schema.MaxBytes {
			t.Fatalf("accepted schema is refused when it comes back: %v\n%s", err, again)
		}
		object, errs := s.ValidateJSON(configuration)
		if len(errs) == 0 {
			if errs := s.Validate(s.WithDefaults(object)); len(errs) > 0 {
				t.Errorf("defaults made a valid configuration invalid: %v", errs)
			}
		}
	})
}

// FuzzBind checks that what the validator accepts can be decoded.
func FuzzBind(f *testing.F) {
	f.Add([]byte(`{"url":"https://a","login":{"key":"k"},"nodes":["a"],"retries":1e0,"every":"5m","ratio":0.75}`))
	f.Fuzz(func(t *testing.T, configuration []byte) {
		s := mustSchema(t)
		object, errs := s.ValidateJSON(configuration)
		if len(errs) > 0 {
			t.Skip()
		}
		var c config
		if err := schema.Bind(s.WithDefaults(object), &c); err != nil {
			t.Errorf("valid configuration does not bind: %v", err)
		}
	})
}
