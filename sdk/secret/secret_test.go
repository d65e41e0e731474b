package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/sdk/secret"
)

func TestTextNeverPrintsItself(t *testing.T) {
	const plain = "hunter2!"
	type holder struct {
		Token  secret.Text
		Nested *struct{ Key secret.Text }
		Map    map[string]secret.Text
	}
	value := holder{plain, &struct{ Key secret.Text }{plain}, map[string]secret.Text{"a": plain}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%20s"} {
		fmt.Fprintf(&out, verb+"\n", secret.Text(plain))
		fmt.Fprintf(&out, verb+"\n", *value.Nested)
	}
	fmt.Fprintf(&out, "%v %+v %#v\n", value, value, value)
	fmt.Fprintln(&out, secret.Text(plain), value)
	if err := json.NewEncoder(&out).Encode(value); err != nil {
		t.Fatal(err)
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "token", secret.Text(plain), "all", value)
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "token", secret.Text(plain), "all", value)
	hclog.New(&hclog.LoggerOptions{Output: &out, JSONFormat: true}).Info("m", "token", secret.Text(plain))
	hclog.New(&hclog.LoggerOptions{Output: &out}).Info("m", "token", secret.Text(plain), "all", value)
	for _, form := range []string{plain, fmt.Sprintf("%x", plain), fmt.Sprintf("%X", plain)} {
		if strings.Contains(out.String(), form) {
			t.Errorf("output holds %q:\n%s", form, out.String())
		}
	}
}

func TestTextReadsPlainValue(t *testing.T) {
	var value secret.Text
	if err := json.Unmarshal([]byte(`"plain"`), &value); err != nil || string(value) != "plain" {
		t.Errorf("got %q, %v", string(value), err)
	}
	if got := secret.Text("").String(); got != "" {
		t.Errorf("an empty secret prints %q", got)
	}
}

func TestRedactor(t *testing.T) {
	for _, test := range []struct {
		name    string
		secrets []string
		text    string
		want    string
	}{
		{"none", nil, "text", "text"},
		{"several", []string{"token", "password"}, "token and password", "*** and ***"},
		{"longest first", []string{"pass", "password"}, "password", "***"},
		{"too short to hide", []string{"a"}, "banana", "banana"},
	} {
		if got := secret.NewRedactor(test.secrets).Redact(test.text); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}
