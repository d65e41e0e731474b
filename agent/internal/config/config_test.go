package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/command/allow"
	"github.com/pulse-hub/pulse/agent/internal/config"
)

// load runs Load over a fake environment and fake files.
func load(args []string, env, files map[string]string) (config.Config, error) {
	return config.Load(config.Source{
		Args: args,
		LookupEnv: func(name string) (string, bool) {
			value, ok := env[name]
			return value, ok
		},
		ReadFile: func(path string) ([]byte, error) {
			text, ok := files[path]
			if !ok {
				return nil, &os.PathError{Op: "open", Path: path, Err: os.ErrNotExist}
			}
			return []byte(text), nil
		},
	})
}

func base() config.Config {
	return config.Config{
		Targets: targets("http://localhost:7655"), Interval: 30 * time.Second, LogLevel: hclog.Info,
		StateDir:   "/var/lib/pulse-agent",
		Spool:      config.Spool{Dir: "/var/lib/pulse-agent/spool", MaxBytes: 64 << 20, MaxAge: 24 * time.Hour},
		Host:       config.Host{Enabled: true},
		Docker:     config.Docker{Runtime: "auto"},
		Kubernetes: config.Kubernetes{MaxPods: 200},
		Proxmox:    config.Proxmox{Type: "auto"},
	}
}

// targets is the one hub with that URL and the token of most tests.
func targets(url string) []config.Target { return []config.Target{{URL: url, Token: "t"}} }

func with(change func(*config.Config)) config.Config {
	cfg := base()
	change(&cfg)
	return cfg
}

func TestLoad(t *testing.T) {
	tests := []struct {
		name string
		args []string
		env  map[string]string
		want config.Config
	}{
		{name: "defaults", want: base()},
		{
			name: "every variable",
			env: map[string]string{
				"PULSE_URL": "https://hub.example/", "PULSE_INTERVAL": "1m", "PULSE_HOSTNAME": "h", "PULSE_AGENT_ID": "a",
				"PULSE_INSECURE_SKIP_VERIFY": "true", "LOG_LEVEL": "DEBUG", "PULSE_ENABLE_HOST": "false",
				"PULSE_ENABLE_DOCKER": "1", "PULSE_ENABLE_KUBERNETES": "yes", "PULSE_ENABLE_PROXMOX": "on",
				"PULSE_PROXMOX_TYPE": "pbs", "PULSE_DISABLE_AUTO_UPDATE": "true", "PULSE_DISABLE_DOCKER_UPDATE_CHECKS": "true",
				"PULSE_DOCKER_RUNTIME": "podman", "PULSE_ENABLE_COMMANDS": "true", "PULSE_COMMANDS_ALLOW": "uptime;; df -h\nsystemctl restart *", "PULSE_HEALTH_ADDR": "127.0.0.1:1",
				"PULSE_KUBECONFIG": "/k", "PULSE_KUBE_CONTEXT": "c", "PULSE_KUBE_INCLUDE_NAMESPACES": "a, b,",
				"PULSE_KUBE_EXCLUDE_NAMESPACES": "kube-*", "PULSE_KUBE_INCLUDE_ALL_PODS": "true",
				"PULSE_KUBE_INCLUDE_ALL_DEPLOYMENTS": "true", "PULSE_KUBE_MAX_PODS": "7", "PULSE_DISK_EXCLUDE": "/mnt/*,*backup*",
				"PULSE_TAGS": "prod,rack:1", "PULSE_REPORT_IP": "10.0.0.5", "PULSE_STATE_DIR": "/state", "PULSE_SPOOL_DIR": "/spool",
				"PULSE_SPOOL_MAX_BYTES": "2MiB", "PULSE_SPOOL_MAX_AGE": "1h",
			},
			want: config.Config{
				Targets: targets("https://hub.example"), Interval: time.Minute, Hostname: "h", AgentID: "a", Insecure: true,
				LogLevel: hclog.Debug, HealthAddr: "127.0.0.1:1", EnableCommands: true, DisableAutoUpdate: true,
				CommandsAllow: allow.List{"uptime", "df -h", "systemctl restart *"},
				Tags:          []string{"prod", "rack:1"}, ReportIP: "10.0.0.5",
				StateDir: "/state", Spool: config.Spool{Dir: "/spool", MaxBytes: 2 << 20, MaxAge: time.Hour},
				Host:   config.Host{DiskExclude: []string{"/mnt/*", "*backup*"}},
				Docker: config.Docker{Enabled: config.On, Runtime: "podman", DisableUpdateChecks: true},
				Kubernetes: config.Kubernetes{
					Enabled: true, Kubeconfig: "/k", Context: "c", IncludeNamespaces: []string{"a", "b"},
					ExcludeNamespaces: []string{"kube-*"}, IncludeAllPods: true, IncludeAllDeployments: true, MaxPods: 7,
				},
				Proxmox: config.Proxmox{Enabled: true, Type: "pbs"},
			},
		},
		{
			name: "every flag wins over its variable",
			env: map[string]string{
				"PULSE_URL": "http://no", "PULSE_INTERVAL": "1h", "PULSE_TAGS": "no", "PULSE_DISK_EXCLUDE": "/no",
				"PULSE_ENABLE_DOCKER": "true", "PULSE_ENABLE_HOST": "true", "PULSE_KUBE_INCLUDE_NAMESPACES": "env", "LOG_LEVEL": "error",
				"PULSE_COMMANDS_ALLOW": "reboot",
			},
			args: []string{
				"--url", "http://hub:1", "--interval=5s", "--hostname", "h", "--agent-id", "a", "--insecure", "--log-level", "warning",
				"--enable-host=false", "--enable-docker=false", "--docker-runtime", "docker", "--disable-docker-update-checks",
				"--enable-kubernetes", "--kubeconfig", "/k", "--kube-context", "c", "--kube-include-namespace", "x",
				"--kube-include-namespace", "y", "--kube-exclude-namespace", "z", "--kube-include-all-pods",
				"--kube-include-all-deployments", "--kube-max-pods", "3", "--enable-proxmox", "--proxmox-type", "pve",
				"--disable-auto-update", "--enable-commands", "--commands-allow", "ls a,b", "--commands-allow", "id;;uptime", "--health-addr", "", "--disk-exclude", "/a", "--disk-exclude", "/b",
				"--tag", "one", "--tag", "two", "--report-ip", "fd00::1",
				"--state-dir", "/s", "--spool-max-bytes", "64 mb", "--spool-max-age", "90m",
			},
			want: config.Config{
				Targets: targets("http://hub:1"), Interval: 5 * time.Second, Hostname: "h", AgentID: "a", Insecure: true,
				LogLevel: hclog.Warn, EnableCommands: true, DisableAutoUpdate: true, Tags: []string{"one", "two"}, ReportIP: "fd00::1",
				CommandsAllow: allow.List{"ls a,b", "id", "uptime"},
				StateDir:      "/s", Spool: config.Spool{Dir: "/s/spool", MaxBytes: 64e6, MaxAge: 90 * time.Minute},
				Host:   config.Host{DiskExclude: []string{"/a", "/b"}},
				Docker: config.Docker{Enabled: config.Off, Runtime: "docker", DisableUpdateChecks: true},
				Kubernetes: config.Kubernetes{
					Enabled: true, Kubeconfig: "/k", Context: "c", IncludeNamespaces: []string{"env", "x", "y"},
					ExcludeNamespaces: []string{"z"}, IncludeAllPods: true, IncludeAllDeployments: true, MaxPods: 3,
				},
				Proxmox: config.Proxmox{Enabled: true, Type: "pve"},
			},
		},
		{name: "empty variable is unset", env: map[string]string{"PULSE_ENABLE_DOCKER": "", "PULSE_HEALTH_ADDR": ""}, want: base()},
		{name: "old variable enables commands", env: map[string]string{"PULSE_DISABLE_COMMANDS": "false"}, want: with(func(c *config.Config) { c.EnableCommands = true })},
		{name: "new variable wins over the old", env: map[string]string{"PULSE_DISABLE_COMMANDS": "false", "PULSE_ENABLE_COMMANDS": "false"}, want: base()},
		{name: "old pod variable", env: map[string]string{"PULSE_KUBE_INCLUDE_ALL_POD_FILES": "true"}, want: with(func(c *config.Config) { c.Kubernetes.IncludeAllPods = true })},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			env := map[string]string{"PULSE_TOKEN": "t"}
			for name, value := range test.env {
				env[name] = value
			}
			got, err := load(test.args, env, nil)
			if err != nil {
				t.Fatalf("Load(%q): %v", test.args, err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Load(%q) (-want +got):\n%s", test.args, diff)
			}
		})
	}
}

func TestTokenOrder(t *testing.T) {
	defaultFile := map[string]string{config.DefaultTokenFile: " from-default\n"}
	tests := []struct {
		name  string
		args  []string
		env   map[string]string
		files map[string]string
		want  config.Secret
	}{
		{"flag first", []string{"--token", "from-flag", "--token-file", "/f"}, map[string]string{"PULSE_TOKEN": "from-env"}, map[string]string{"/f": "from-file"}, "from-flag"},
		{"environment before file", []string{"--token-file", "/f"}, map[string]string{"PULSE_TOKEN": "from-env"}, map[string]string{"/f": "from-file"}, "from-env"},
		{"file before default file", []string{"--token-file", "/f"}, nil, map[string]string{"/f": "from-file\n", config.DefaultTokenFile: "no"}, "from-file"},
		{"default file last", nil, nil, defaultFile, "from-default"},
		{"self-test needs none", []string{"--self-test"}, nil, nil, ""},
		{"version needs none", []string{"--version"}, nil, nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := load(test.args, test.env, test.files)
			if err != nil {
				t.Fatal(err)
			}
			if got.ShowVersion {
				return
			}
			if got.Targets[0].Token != test.want {
				t.Errorf("token = %q, want %q", string(got.Targets[0].Token), string(test.want))
			}
		})
	}
	if _, err := load(nil, nil, nil); !errors.Is(err, config.ErrMissingToken) {
		t.Errorf("Load without a token: got %v, want ErrMissingToken", err)
	}
}

func TestErrorsNameTheKeyAndKeepSecrets(t *testing.T) {
	const secret = "s3cr3t"
	tests := []struct {
		name string
		args []string
		env  map[string]string
		want string
	}{
		{"bad variable", nil, map[string]string{"PULSE_INTERVAL": "soon"}, "PULSE_INTERVAL"},
		{"bad boolean variable", nil, map[string]string{"PULSE_ENABLE_DOCKER": "maybe"}, "PULSE_ENABLE_DOCKER"},
		{"bad flag", []string{"--kube-max-pods", "0"}, nil, "--kube-max-pods"},
		{"bad runtime", []string{"--docker-runtime", "lxc"}, nil, "--docker-runtime"},
		{"bad proxmox type", nil, map[string]string{"PULSE_PROXMOX_TYPE": "pmg"}, "PULSE_PROXMOX_TYPE"},
		{"bad level", []string{"--log-level=loud"}, nil, "--log-level"},
		{"unknown flag", []string{"--tokne", secret}, nil, "tokne"},
		{"stray argument", []string{"--token", "=", secret}, nil, "argument"},
		{"interval too short", []string{"--interval", "10ms"}, nil, "--interval"},
		{"no scheme", []string{"--url", "hub:7655"}, nil, "--url"},
		{"password in a broken URL", []string{"--url", "http://u:" + secret + "@hub:x/"}, nil, "--url"},
		{"query in URL", []string{"--url", "http://hub/?token=" + secret}, nil, "--url"},
		{"token with line break", []string{"--token", secret + "\nX: y"}, nil, "--token"},
		{"bad report address", []string{"--report-ip", "hub"}, nil, "--report-ip"},
		{"bad health address", []string{"--health-addr", "9191"}, nil, "--health-addr"},
		{"pattern for all disks", []string{"--disk-exclude", "*"}, nil, "--disk-exclude"},
		{"any command", nil, map[string]string{"PULSE_COMMANDS_ALLOW": "uptime;;" + secret + "*"}, "PULSE_COMMANDS_ALLOW"},
		{"no command", []string{"--commands-allow", " ;; "}, nil, "--commands-allow"},
		{"too many commands", []string{"--commands-allow", strings.Repeat("id;;", 200), "--commands-allow", strings.Repeat("id;;", 57)}, nil, "--commands-allow"},
		{"target without a token", []string{"--target", "http://hub/" + secret}, nil, "--target"},
		{"target with a bad URL", nil, map[string]string{"PULSE_TARGETS": "hub|" + secret}, "--target"},
		{"a hub with two tokens", []string{"--target", "http://localhost:7655/|" + secret}, nil, "--target"},
		{"small spool", []string{"--spool-max-bytes", "10k"}, nil, "--spool-max-bytes"},
		{"tiny spool", []string{"--spool-max-bytes", "10KB"}, nil, "--spool-max-bytes"},
		{"short spool", nil, map[string]string{"PULSE_SPOOL_MAX_AGE": "1s"}, "--spool-max-age"},
		{"no such configuration file", []string{"--config", "/none"}, nil, "--config"},
		{"doctor is the first word only", []string{"--insecure", "doctor"}, nil, "argument"},
		{"missing token file", []string{"--token=", "--token-file", "/none"}, nil, "--token-file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			env := map[string]string{"PULSE_TOKEN": "t"}
			for name, value := range test.env {
				env[name] = value
			}
			_, err := load(test.args, env, nil)
			if err == nil {
				t.Fatalf("Load(%q, %v) succeeded", test.args, test.env)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %q does not name %q", err, test.want)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("error %q shows a secret", err)
			}
		})
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	cfg := config.Config{Targets: []config.Target{{Token: "s3cr3t"}}}
	encoded, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	hclog.New(&hclog.LoggerOptions{Output: &log}).Info("loaded", "token", cfg.Targets[0].Token, "targets", cfg.Targets)
	for _, text := range []string{
		string(encoded), log.String(), fmt.Sprintf("%v %+v %#v %s %q %x", cfg, cfg, cfg, cfg.Targets, cfg.Targets[0].Token, cfg.Targets[0].Token),
	} {
		if strings.Contains(text, "s3cr3t") || strings.Contains(text, "733363") {
			t.Errorf("secret shows in %q", text)
		}
	}
}

func TestHelpListsEveryFlag(t *testing.T) {
	var usage strings.Builder
	_, err := config.Load(config.Source{
		Args: []string{"--help"}, LookupEnv: func(string) (string, bool) { return "", false }, Usage: &usage,
	})
	if !errors.Is(err, config.ErrHelp) {
		t.Fatalf("Load(--help) = %v, want ErrHelp", err)
	}
	for _, name := range []string{"-token-file", "-kube-include-all-deployments", "-health-addr", "-proxmox-type"} {
		if !strings.Contains(usage.String(), name) {
			t.Errorf("usage lacks %s", name)
		}
	}
}

func TestTokenFileOnDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("abc\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(config.Source{
		Args: []string{"--token-file", path}, LookupEnv: func(string) (string, bool) { return "", false },
	})
	if err != nil || cfg.Targets[0].Token != "abc" {
		t.Errorf("Load = %q, %v; want abc", fmt.Sprint(cfg.Targets), err)
	}
}

func TestTargets(t *testing.T) {
	tests := []struct {
		name string
		args []string
		env  map[string]string
		want []config.Target
	}{
		{"only others", []string{"--target", "http://a/|1", "--target", " https://b | 2 "}, nil, []config.Target{{URL: "http://a", Token: "1"}, {URL: "https://b", Token: "2"}}},
		{"from the environment", nil, map[string]string{"PULSE_TARGETS": "http://a|1,http://b|2"}, []config.Target{{URL: "http://a", Token: "1"}, {URL: "http://b", Token: "2"}}},
		{"flags replace the environment", []string{"--target", "http://c|3"}, map[string]string{"PULSE_TARGETS": "http://a|1"}, []config.Target{{URL: "http://c", Token: "3"}}},
		{
			"that of --url and --token is the first", []string{"--target", "http://b|2"}, map[string]string{"PULSE_URL": "http://a", "PULSE_TOKEN": "1"},
			[]config.Target{{URL: "http://a", Token: "1"}, {URL: "http://b", Token: "2"}},
		},
		{"a repeated one counts once", []string{"--target", "http://a|1", "--target", "http://a/|1"}, nil, []config.Target{{URL: "http://a", Token: "1"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cfg, err := load(test.args, test.env, nil)
			if diff := cmp.Diff(test.want, cfg.Targets); diff != "" || err != nil {
				t.Errorf("%v, targets (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestFile(t *testing.T) {
	const text = `
# comment
url: https://hub.example/
token: from-file
interval: 5s
insecure: true
tag: [prod, 7]
target: ["http://b|2"]
kube-include-namespace: a
kube-max-pods: 12
spool-max-bytes: 2097152
log-level:
commands-allow:
  - cat /srv/a, b
  - |
    uptime
    systemctl restart *
`
	want := with(func(c *config.Config) {
		c.Targets = []config.Target{{URL: "https://hub.example", Token: "from-file"}, {URL: "http://b", Token: "2"}}
		c.Interval, c.Insecure, c.Tags, c.Spool.MaxBytes = 5*time.Second, true, []string{"prod", "7"}, 2<<20
		c.Kubernetes.IncludeNamespaces, c.Kubernetes.MaxPods = []string{"a"}, 12
		c.CommandsAllow = allow.List{"cat /srv/a, b", "uptime", "systemctl restart *"}
	})
	over := want
	over.Interval, over.Tags, over.Kubernetes.MaxPods = time.Minute, []string{"x"}, 3
	over.Kubernetes.IncludeNamespaces = []string{"a", "b"}
	for name, test := range map[string]struct {
		path string
		args []string
		env  map[string]string
		want config.Config
	}{
		"default file":         {config.DefaultFile, nil, nil, want},
		"named by flag":        {"/f", []string{"--config", "/f"}, map[string]string{"PULSE_AGENT_CONFIG": "/no"}, want},
		"named by environment": {"/f", nil, map[string]string{"PULSE_AGENT_CONFIG": "/f"}, want},
		"everything else overrides": {
			config.DefaultFile, []string{"--kube-max-pods", "3"},
			map[string]string{"PULSE_INTERVAL": "1m", "PULSE_TAGS": "x", "PULSE_KUBE_INCLUDE_NAMESPACES": "b"}, over,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := load(test.args, test.env, map[string]string{test.path: text})
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestBadFilesAreNamedAndNotQuoted(t *testing.T) {
	for text, want := range map[string]string{
		"tokne: s3cr3t":               `"tokne"`,
		"version: true":               `"version"`,
		"interval: s3cr3t":            "interval",
		"url: {a: s3cr3t}":            "url",
		"tag: [[s3cr3t]]":             "tag",
		"token: \"s3cr3t":             "configuration file",
		"token: s3cr3t\ntoken: t":     "configuration file",
		"s3cr3t":                      "configuration file",
		"- s3cr3t":                    "configuration file",
		"token: t\n  url: s3cr3t\n x": "configuration file",
	} {
		_, err := load(nil, map[string]string{"PULSE_TOKEN": "t"}, map[string]string{config.DefaultFile: text})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("file %q: error %v, want it to name %s", text, err, want)
		}
	}
}

func TestWordsAskForOneThing(t *testing.T) {
	for word, asked := range map[string]func(config.Config) bool{
		"update":   func(c config.Config) bool { return c.Update && !c.Register && !c.Doctor },
		"register": func(c config.Config) bool { return c.Register && !c.Update && !c.Doctor },
		"doctor":   func(c config.Config) bool { return c.Doctor && !c.Update && !c.Register },
	} {
		cfg, err := load([]string{word, "--interval", "5s"}, map[string]string{"PULSE_TOKEN": "t"}, nil)
		if err != nil || !asked(cfg) || cfg.Interval != 5*time.Second {
			t.Errorf("%s: %+v, %v", word, cfg, err)
		}
	}
}
