package config

import (
	"bytes"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/discover"
)

func load(t *testing.T, file string, environ, args []string) (*Config, error) {
	t.Helper()
	dir := t.TempDir()
	if file != "" {
		if err := os.WriteFile(filepath.Join(dir, FileName), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Load(Source{Args: append([]string{"--data-dir", dir}, args...), Environ: environ, Output: &bytes.Buffer{}})
}

func TestLaterSourcesWin(t *testing.T) {
	got, err := load(t,
		"port: 1001\nlog_level: debug\nmock_mode: true\napi_tokens: [one, two]\nretention: 30d\n",
		[]string{"FRONTEND_PORT=1002", "PORT=1009", "ALLOWED_ORIGINS=https://a.example", "PULSE_TRUSTED_PROXY_CIDRS=10.0.0.0/8, 192.0.2.1",
			"PULSE_PLUGINS=bundled", "PULSE_PLUGIN_RUNTIMES=node=/usr/bin/node, python3=/usr/bin/python3"},
		[]string{"--port", "1003", "--demo-mode", "--metrics-address=off", "--public-url", "https://pulse.example.com/", "--plugins-strict"})
	if err != nil {
		t.Fatal(err)
	}
	want := &Config{
		BindAddress: "0.0.0.0", Port: 1003, LogLevel: hclog.Debug, Mock: true, Demo: true, Tokens: []string{"one,two"},
		AllowedOrigins: "https://a.example", PublicURL: "https://pulse.example.com", Retention: 30 * 24 * time.Hour, Kept: defaultKept(),
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.1/32")},
		Adaptive:       collect.DefaultAdaptive(), Discovery: discover.DefaultConfig(),
		Plugins: Plugins{
			Mode: "bundled", Dir: filepath.Join(got.DataDir, "plugins"), Strict: true,
			Runtimes: map[string]string{"node": "/usr/bin/node", "python3": "/usr/bin/python3"},
		},
		AdminSocket: filepath.Join(got.DataDir, "pulse.sock"),
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Config{}, "DataDir"), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

func TestErrorsNameTheSetting(t *testing.T) {
	tests := []struct {
		name, file    string
		environ, args []string
		want          string
	}{
		{"unknown key", "prot: 80", nil, nil, "prot is not a setting"},
		{"bad value in the file", "port: many", nil, nil, "port: "},
		{"nested value", "port: {a: 1}", nil, nil, "port: "},
		{"no mapping", "- secret-token", nil, nil, "not a YAML mapping"},
		{"data folder in its own file", "data_dir: x", nil, nil, "data_dir"},
		{"bad variable", "", []string{"PORT=x"}, nil, "environment variable PORT"},
		{"bad flag", "", nil, []string{"--log-level", "loud"}, "flag --log-level"},
		{"unknown flag", "", nil, []string{"--prot", "1"}, "prot"},
		{"not a command", "", nil, []string{"serve"}, "serve"},
		{"half a certificate", "tls_cert_file: a.pem", nil, nil, "tls_key_file"},
		{"https without certificate", "", []string{"HTTPS_ENABLED=true"}, nil, "https_enabled"},
		{"bad proxies", "", []string{"PULSE_TRUSTED_PROXY_CIDRS=10.0.0.0/99"}, nil, "PULSE_TRUSTED_PROXY_CIDRS"},
		{"plugins of a developer without dev", "", []string{"PULSE_PLUGIN_DEV=acme.nas=/src/nas"}, nil, "plugin_dev needs dev"},
		{"relative runtime", "", []string{"PULSE_PLUGIN_RUNTIMES=node=node"}, nil, "PULSE_PLUGIN_RUNTIMES"},
		{"some plugins", "plugins: some", nil, nil, "plugins: "},
		{"bad URL", "public_url: ftp://x", nil, nil, "public_url"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, tt.file, tt.environ, tt.args)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want it to name %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret-token") {
				t.Error("error quotes the file")
			}
		})
	}
}

func TestHelpListsEverySetting(t *testing.T) {
	var out bytes.Buffer
	if _, err := Load(Source{Args: []string{"--help"}, Output: &out}); !errors.Is(err, ErrHelp) {
		t.Fatalf("error is %v, want ErrHelp", err)
	}
	for _, s := range settings() {
		if !strings.Contains(out.String(), "--"+s.flag()) || !strings.Contains(out.String(), s.environment[0]) {
			t.Errorf("help lacks %s", s.key)
		}
	}
}

func FuzzFile(f *testing.F) {
	f.Add([]byte("port: 80\nmock_mode: yes\n"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		config := &Config{}
		_ = config.applyYAML(raw)
	})
}
