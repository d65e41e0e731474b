package config_test

import (
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/agent/internal/config"
)

// FuzzLoad feeds arbitrary command lines and variables. Whatever they are, what loads is within bounds, and no error
// shows the token.
func FuzzLoad(f *testing.F) {
	f.Add("--interval\n5s\n--tag=a,b", "PULSE_URL", "https://hub/")
	f.Add("--url\nhttp://u:p@[::1", "PULSE_KUBE_MAX_PODS", "-1")
	f.Add("--insecure=maybe", "PULSE_DISK_EXCLUDE", "*,/mnt/*")
	f.Add("--\n-x", "LOG_LEVEL", "warning")
	f.Fuzz(func(t *testing.T, args, name, value string) {
		const secret = "t0ps3cr3t-marker"
		env := map[string]string{name: value, "PULSE_TOKEN": secret}
		cfg, err := load(strings.Split(args, "\n"), env, nil)
		if err != nil {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("error shows the token: %v", err)
			}
			return
		}
		if cfg.ShowVersion {
			return
		}
		if cfg.Interval < config.MinInterval || cfg.Interval > config.MaxInterval || cfg.Kubernetes.MaxPods < 1 || len(cfg.Targets) == 0 || strings.HasSuffix(cfg.Targets[0].URL, "/") {
			t.Errorf("loaded out of bounds: %+v", cfg)
		}
	})
}

// FuzzFile feeds arbitrary configuration files.
func FuzzFile(f *testing.F) {
	f.Add("url: https://hub/\ntag: [a, b]\n", "interval")
	f.Add("&a [*a]", "\"")
	f.Fuzz(func(t *testing.T, text, key string) {
		const secret = "t0ps3cr3t-marker"
		files := map[string]string{config.DefaultFile: text + "\ntoken: " + secret + "\n" + key + ": " + secret + "\n"}
		if _, err := load(nil, nil, files); err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("error shows the token: %v", err)
		}
	})
}
