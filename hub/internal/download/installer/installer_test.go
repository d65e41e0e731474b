//go:build unix

package installer_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/download/installer"
)

const token = "secret-token-0123456789"

// TestMain plays the agent's program for the installer: it notes how it was called.
func TestMain(m *testing.M) {
	if note := os.Getenv("PULSE_TEST_CALLS"); note != "" && filepath.Base(os.Args[0]) != "installer.test" {
		file, err := os.OpenFile(note, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
		if err == nil {
			_, err = fmt.Fprintln(file, "pulse-agent", strings.Join(os.Args[1:], " "))
		}
		if err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// machine is a made-up machine: a folder for its root, and programs that only note how they are called.
type machine struct {
	t           *testing.T
	root, calls string
	path        string
	hub         *httptest.Server

	mu       sync.Mutex
	program  []byte
	checksum string // told by the hub; empty: the right one
	requests []string
}

// fakes are programs of any system that must not touch the machine that runs the test.
var fakes = []string{"systemctl", "useradd", "userdel", "usermod", "chown", "restorecon", "getent", "id"}

func newMachine(t *testing.T, uname string, extra ...string) *machine {
	t.Helper()
	dir := t.TempDir()
	m := &machine{t: t, root: filepath.Join(dir, "root"), calls: filepath.Join(dir, "calls"), path: filepath.Join(dir, "bin")}
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if m.program, err = os.ReadFile(own); err != nil {
		t.Fatal(err)
	}
	for _, name := range append(extra, fakes...) {
		m.fake(name, `exit 0`)
	}
	m.fake("id", `case "$*" in -u) echo 0 ;; *) exit 1 ;; esac`)
	m.fake("uname", fmt.Sprintf(`case $1 in -s) echo %s ;; *) echo x86_64 ;; esac`, uname))
	m.fake("docker", `exit 1`)
	m.fake("podman", `exit 1`)
	m.write("/etc/group", "docker:x:99:\n")
	m.hub = httptest.NewServer(http.HandlerFunc(m.serve))
	t.Cleanup(m.hub.Close)
	return m
}

func (m *machine) fake(name, body string) {
	m.t.Helper()
	if err := os.MkdirAll(m.path, 0o755); err != nil {
		m.t.Fatal(err)
	}
	script := "#!/bin/sh\necho " + name + ` "$@" >>"$PULSE_TEST_CALLS"` + "\n" + body + "\n"
	if err := os.WriteFile(filepath.Join(m.path, name), []byte(script), 0o755); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) write(path, content string) {
	m.t.Helper()
	file := filepath.Join(m.root, path)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) mkdir(paths ...string) {
	m.t.Helper()
	for _, path := range paths {
		if err := os.MkdirAll(filepath.Join(m.root, path), 0o755); err != nil {
			m.t.Fatal(err)
		}
	}
}

func (m *machine) read(path string) string {
	m.t.Helper()
	raw, err := os.ReadFile(filepath.Join(m.root, path))
	if err != nil {
		m.t.Fatal(err)
	}
	return string(raw)
}

func (m *machine) exists(path string) bool {
	_, err := os.Lstat(filepath.Join(m.root, path))
	return err == nil
}

func (m *machine) mode(path string) os.FileMode {
	m.t.Helper()
	info, err := os.Stat(filepath.Join(m.root, path))
	if err != nil {
		m.t.Fatal(err)
	}
	return info.Mode().Perm()
}

// called returns what was called so far.
func (m *machine) called() string {
	raw, _ := os.ReadFile(m.calls) // nothing was called
	return string(raw)
}

func (m *machine) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests = append(m.requests, fmt.Sprintf("%s %s %s %s", r.Method, r.URL, r.Header.Get("X-API-Token"), body))
	if r.Method == http.MethodPost {
		return
	}
	sum := sha256.Sum256(m.program)
	told := m.checksum
	if told == "" {
		told = hex.EncodeToString(sum[:])
	}
	if told != "none" {
		w.Header().Set("X-Checksum-Sha256", told)
	}
	_, _ = w.Write(m.program)
}

// run runs the script as "curl … | sh -s -- …" does, and returns what it says.
func (m *machine) run(purpose installer.Purpose, shell []string, args ...string) (string, error) {
	m.t.Helper()
	arguments := append(append([]string{}, shell[1:]...), append([]string{"-s", "--"}, args...)...)
	command := exec.CommandContext(m.t.Context(), shell[0], arguments...)
	command.Stdin = bytes.NewReader(installer.Unix(purpose))
	command.Env = []string{
		"PATH=" + m.path + ":" + os.Getenv("PATH"), "PULSE_INSTALL_ROOT=" + m.root, "PULSE_TEST_CALLS=" + m.calls, "HOME=" + m.root, "TMPDIR=" + m.t.TempDir(),
	}
	out, err := command.CombinedOutput()
	return string(out), err
}

func sh() []string { return []string{"sh"} }

func (m *machine) install(args ...string) string {
	m.t.Helper()
	out, err := m.run(installer.Install, sh(), append([]string{"--url", m.hub.URL + "/", "--token", token}, args...)...)
	if err != nil {
		m.t.Fatalf("installer: %v\n%s", err, out)
	}
	return out
}

func wants(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s lacks %q:\n%s", what, part, text)
		}
	}
}

func lacks(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("%s holds %q:\n%s", what, part, text)
		}
	}
}

func TestInstallsOnSystemdWithoutPrivileges(t *testing.T) {
	for _, shell := range [][]string{{"dash"}, {"bash"}} {
		t.Run(shell[0], func(t *testing.T) {
			if _, err := exec.LookPath(shell[0]); err != nil {
				t.Skip("no such shell")
			}
			m := newMachine(t, "Linux")
			m.mkdir("/run/systemd/system")
			out, err := m.run(installer.Install, shell, "--url", m.hub.URL+"/", "--token", token, "--agent-id", "it's", "--disk-exclude", "/mnt/*", "--disk-exclude", "*x*")
			if err != nil {
				t.Fatalf("installer: %v\n%s", err, out)
			}
			if got := m.read("/usr/local/bin/pulse-agent"); got != string(m.program) {
				t.Error("the program is not what the hub sent")
			}
			unit, config := m.read("/etc/systemd/system/pulse-agent.service"), m.read("/etc/pulse-agent/config.yaml")
			wants(t, "unit", unit, "ExecStart=/usr/local/bin/pulse-agent --config /etc/pulse-agent/config.yaml\n", "User=pulse-agent\n",
				"\nCapabilityBoundingSet=\n", "\nAmbientCapabilities=\n", "NoNewPrivileges=yes", "ProtectSystem=strict", "StateDirectory=pulse-agent")
			lacks(t, "unit", unit, "SupplementaryGroups", "CAP_", "block-")
			wants(t, "configuration", config, "url: '"+m.hub.URL+"'\n", "token-file: '/etc/pulse-agent/token'\n", "enable-host: true", "enable-docker: false",
				"agent-id: 'it''s'\n", "disk-exclude:\n  - '/mnt/*'\n  - '*x*'\n")
			if m.read("/etc/pulse-agent/token") != token+"\n" || m.mode("/etc/pulse-agent/token") != 0o640 {
				t.Errorf("the token has mode %o", m.mode("/etc/pulse-agent/token"))
			}
			calls := m.called()
			wants(t, "calls", calls, "useradd --system", "systemctl enable pulse-agent.service", "systemctl restart pulse-agent.service", "systemctl enable --now pulse-agent-update.timer", "pulse-agent --version")
			for what, text := range map[string]string{"unit": unit, "configuration": config, "calls": calls, "output": out} {
				lacks(t, what, text, token)
			}
			wants(t, "requests", strings.Join(m.requests, "\n"), "GET /download/pulse-agent?arch=linux-amd64  ")
			wants(t, "update unit", m.read("/etc/systemd/system/pulse-agent-update.service"), "ExecStart=/usr/local/bin/pulse-agent update --config /etc/pulse-agent/config.yaml")
		})
	}
}

func TestRightsFollowWhatIsAskedFor(t *testing.T) {
	m := newMachine(t, "Linux")
	m.mkdir("/run/systemd/system")
	m.fake("docker", "exit 0")
	m.write("/home/x/kubeconfig", "clusters: []\n")
	m.install("--enable-smart", "--kubeconfig", "/home/x/kubeconfig")
	unit := m.read("/etc/systemd/system/pulse-agent.service")
	wants(t, "unit", unit, "SupplementaryGroups=docker", "AmbientCapabilities=CAP_SYS_RAWIO CAP_SYS_ADMIN CAP_DAC_READ_SEARCH", "DeviceAllow=char-nvme rw",
		"ExecStartPre=-+/usr/bin/install -m 0640 -o root -g pulse-agent /home/x/kubeconfig /etc/pulse-agent/kubeconfig")
	wants(t, "configuration", m.read("/etc/pulse-agent/config.yaml"), "enable-docker: true", "enable-kubernetes: true", "kubeconfig: '/etc/pulse-agent/kubeconfig'")
	if m.read("/etc/pulse-agent/kubeconfig") != "clusters: []\n" {
		t.Error("the kubeconfig was not taken over")
	}

	m.install("--enable-commands", "--disable-docker", "--disable-auto-update")
	unit = m.read("/etc/systemd/system/pulse-agent.service")
	lacks(t, "unit for commands", unit, "User=", "ProtectSystem", "CapabilityBoundingSet")
	wants(t, "configuration", m.read("/etc/pulse-agent/config.yaml"), "enable-commands: true", "enable-docker: false", "disable-auto-update: true")
	wants(t, "calls", m.called(), "systemctl disable --now pulse-agent-update.timer")
}

func TestRunAgainWithoutOptionsUpgrades(t *testing.T) {
	m := newMachine(t, "Linux")
	m.mkdir("/run/systemd/system")
	m.install("--interval", "7s", "--enable-docker", "--enable-smart")
	unit := m.read("/etc/systemd/system/pulse-agent.service")
	config := m.read("/etc/pulse-agent/config.yaml") + "tag: [mine]\n"
	m.write("/etc/pulse-agent/config.yaml", config)
	m.program = append(m.program, "newer"...)
	if out, err := m.run(installer.Install, sh()); err != nil {
		t.Fatalf("installer: %v\n%s", err, out)
	}
	if m.read("/usr/local/bin/pulse-agent") != string(m.program) {
		t.Error("the program is still the old one")
	}
	if m.read("/etc/pulse-agent/config.yaml") != config || m.read("/etc/pulse-agent/token") != token+"\n" {
		t.Error("the configuration was changed")
	}
	if got := m.read("/etc/systemd/system/pulse-agent.service"); got != unit {
		t.Errorf("the unit has become\n%s\nfrom\n%s", got, unit)
	}
}

func TestWrongProgramsAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(*machine)
		says  string
	}{
		"wrong checksum": {func(m *machine) { m.checksum = strings.Repeat("0", 64) }, "checksum of the program is wrong"},
		"no checksum":    {func(m *machine) { m.checksum = "none" }, "does not tell the checksum"},
		"no program":     {func(m *machine) { m.program = []byte("<html>sign in</html>") }, "no program for this system"},
		"does not run":   {func(m *machine) { m.program = []byte("\x7fELF, more or less") }, "does not run"},
		"no hub":         {func(m *machine) { m.hub.Close() }, "has no agent for linux-amd64"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, "Linux")
			m.mkdir("/run/systemd/system")
			m.write("/usr/local/bin/pulse-agent", "the old one")
			test.spoil(m)
			m.fake("sleep", "exit 0")
			out, err := m.run(installer.Install, sh(), "--url", m.hub.URL, "--token", token)
			if err == nil || !strings.Contains(out, test.says) {
				t.Errorf("installer: %v\n%s", err, out)
			}
			if m.read("/usr/local/bin/pulse-agent") != "the old one" || m.exists("/etc/systemd/system/pulse-agent.service") || strings.Contains(m.called(), "systemctl") {
				t.Error("something was changed")
			}
		})
	}
}

func TestRedirectToAReleaseIsVerifiedByTheFileBesideIt(t *testing.T) {
	m := newMachine(t, "Linux")
	m.mkdir("/run/systemd/system")
	sum := sha256.Sum256(m.program)
	told := hex.EncodeToString(sum[:])
	release := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".sha256") {
			_, _ = io.WriteString(w, told+"  pulse-agent-linux-amd64\n")
			return
		}
		_, _ = w.Write(m.program)
	}))
	defer release.Close()
	hub := httptest.NewServer(http.RedirectHandler(release.URL+"/latest/pulse-agent-linux-amd64", http.StatusTemporaryRedirect))
	defer hub.Close()
	if out, err := m.run(installer.Install, sh(), "--url", hub.URL, "--token", token); err != nil {
		t.Fatalf("installer: %v\n%s", err, out)
	}
	told = strings.Repeat("1", 64)
	if out, err := m.run(installer.Install, sh(), "--url", hub.URL, "--token", token); err == nil {
		t.Errorf("a program with a wrong checksum was installed:\n%s", out)
	}
}

func TestWrongOptionsAreRefused(t *testing.T) {
	m := newMachine(t, "Linux")
	for want, args := range map[string][]string{
		"unknown argument: --colour": {"--colour"},
		"--url needs a value":        {"--url"},
		"--url is needed":            {"--token", "x"},
		"--token is needed":          {"--url", "http://x"},
		"begins with http":           {"--url", "x", "--token", "x"},
		"pve or pbs":                 {"--url", "http://x", "--token", "x", "--proxmox-type", "pmg"},
		"cannot be right":            {"--url", "http://x", "--token", "x\"y"},
	} {
		if out, err := m.run(installer.Install, sh(), args...); err == nil || !strings.Contains(out, want) {
			t.Errorf("%v: %v, want %q\n%s", args, err, want, out)
		}
	}
	if out, err := m.run(installer.Install, sh(), "--help"); err != nil || !strings.Contains(out, "--enable-docker") {
		t.Errorf("--help: %v\n%s", err, out)
	}
}

func TestUninstallLeavesNothing(t *testing.T) {
	m := newMachine(t, "Linux", "pulse-docker-agent")
	m.mkdir("/run/systemd/system")
	m.install()
	m.write("/var/lib/pulse-agent/agent-id", "machine-1\n")
	m.write("/etc/systemd/system/pulse-docker-agent.service", "")
	m.write("/usr/local/bin/pulse-docker-agent", "")
	if out, err := m.run(installer.Uninstall, sh(), "--url", m.hub.URL, "--token", token); err != nil {
		t.Fatalf("installer: %v\n%s", err, out)
	}
	if got, want := m.requests[len(m.requests)-1], "POST /api/agents/host/uninstall "+token+` {"hostId":"machine-1"}`; got != want {
		t.Errorf("the hub heard %q, want %q", got, want)
	}
	wants(t, "calls", m.called(), "systemctl disable --now pulse-agent.service pulse-agent-update.timer", "systemctl disable --now pulse-docker-agent.service")
	lacks(t, "calls", m.called(), token)
	_ = filepath.WalkDir(m.root, func(path string, entry os.DirEntry, err error) error {
		if err == nil && strings.Contains(entry.Name(), "pulse") {
			t.Errorf("%s is left", path)
		}
		return err
	})
}

func TestProxmoxIsRegisteredOnce(t *testing.T) {
	m := newMachine(t, "Linux", "pveversion")
	m.mkdir("/run/systemd/system", "/etc/pve")
	m.install()
	wants(t, "calls", m.called(), "pulse-agent register --config "+m.root+"/etc/pulse-agent/config.yaml")
	wants(t, "configuration", m.read("/etc/pulse-agent/config.yaml"), "enable-proxmox: true")
}

func TestOtherServiceManagers(t *testing.T) {
	darwin := []byte("\xcf\xfa\xed\xfe 2>/dev/null\nexit 0\n") // a shell runs what is no program as a script
	for name, test := range map[string]struct {
		uname   string
		prepare func(*machine)
		file    string
		content []string
		calls   []string
		gone    string
	}{
		"openrc": {"Linux", func(m *machine) {
			m.mkdir("/etc/init.d", "/etc/periodic/hourly")
			m.fake("rc-service", "")
			m.fake("rc-update", "")
		}, "/etc/init.d/pulse-agent", []string{"supervisor=supervise-daemon", `command_user="pulse-agent"`}, []string{"rc-update add pulse-agent default", "rc-service pulse-agent restart"}, "/etc/periodic/hourly/pulse-agent-update"},
		"launchd": {"Darwin", func(m *machine) {
			m.program = darwin
			m.fake("launchctl", "")
		}, "/Library/LaunchDaemons/com.pulse.agent.plist", []string{"<string>/usr/local/bin/pulse-agent</string><string>--config</string>"}, []string{"launchctl bootstrap system"}, ""},
		"rc.d": {"FreeBSD", func(m *machine) {
			m.fake("sysrc", "")
			m.fake("service", "")
		}, "/usr/local/etc/rc.d/pulse_agent", []string{"-u pulse-agent", "# PROVIDE: pulse_agent"}, []string{"sysrc pulse_agent_enable=YES", "service pulse_agent restart"}, "/usr/local/etc/cron.d/pulse-agent"},
		"synology 7": {"Linux", func(m *machine) { m.write("/etc.defaults/VERSION", "majorversion=\"7\"\n") },
			"/etc/systemd/system/pulse-agent.service", []string{"ExecStart=/usr/local/bin/pulse-agent --config"}, []string{"systemctl restart pulse-agent.service"}, ""},
		"synology 6": {"Linux", func(m *machine) {
			m.write("/etc.defaults/VERSION", "majorversion=\"6\"\n")
			m.fake("initctl", "")
		}, "/etc/init/pulse-agent.conf", []string{"respawn", "exec /usr/local/bin/pulse-agent"}, []string{"initctl start pulse-agent"}, ""},
		"unraid": {"Linux", func(m *machine) {
			m.write("/etc/unraid-version", "version=\"7.0\"\n")
			m.write("/boot/config/go", "#!/bin/bash\n/usr/local/sbin/emhttp &\n")
		}, "/boot/config/plugins/pulse-agent/start.sh", []string{"--config /boot/config/plugins/pulse-agent/config.yaml"}, nil, "/boot/config/plugins/pulse-agent/pulse-agent"},
		"truenas": {"Linux", func(m *machine) {
			m.write("/etc/version", "TrueNAS-SCALE-24.10\n")
			m.fake("midclt", `echo '[]'`)
		}, "/data/pulse-agent/pulse-agent.service", []string{"ExecStart=/data/pulse-agent/pulse-agent --config /data/pulse-agent/config.yaml"}, []string{"midclt call initshutdownscript.create", "systemctl restart pulse-agent.service"}, "/data/pulse-agent/pulse-agent"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, test.uname)
			test.prepare(m)
			m.install()
			content := m.read(test.file)
			wants(t, test.file, content, test.content...)
			wants(t, "calls", m.called(), test.calls...)
			lacks(t, "calls and "+test.file, m.called()+content, token)
			if strings.HasPrefix(content, "#!/bin/") && test.uname == "Linux" {
				if out, err := exec.CommandContext(t.Context(), "sh", "-n", filepath.Join(m.root, test.file)).CombinedOutput(); err != nil {
					t.Errorf("%s: %v\n%s", test.file, err, out)
				}
			}
			m.install() // again, over itself
			if out, err := m.run(installer.Install, sh(), "--uninstall"); err != nil {
				t.Fatalf("uninstall: %v\n%s", err, out)
			}
			for _, file := range []string{test.file, test.gone} {
				if file != "" && m.exists(file) {
					t.Errorf("%s is left", file)
				}
			}
			if name == "unraid" && m.read("/boot/config/go") != "#!/bin/bash\n/usr/local/sbin/emhttp &\n\n" {
				t.Errorf("the start file has become %q", m.read("/boot/config/go"))
			}
		})
	}
}

func TestSystemVScriptStartsAndStops(t *testing.T) {
	m := newMachine(t, "Linux", "update-rc.d")
	m.mkdir("/etc/init.d", "/var/run")
	m.fake("su", `echo $$ >"$PULSE_TEST_CALLS.pid"; exec sleep 600`)
	m.install()
	script := filepath.Join(m.root, "/etc/init.d/pulse-agent")
	wants(t, "script", m.read("/etc/init.d/pulse-agent"), "### BEGIN INIT INFO", "exec /usr/local/bin/pulse-agent --config /etc/pulse-agent/config.yaml")
	var child int
	eventually(t, "the agent is not started", func() bool {
		raw, _ := os.ReadFile(m.calls + ".pid") // not there yet
		child, _ = strconv.Atoi(strings.TrimSpace(string(raw)))
		return child != 0
	})
	t.Cleanup(func() { _ = syscall.Kill(child, syscall.SIGKILL) })
	if out, err := exec.CommandContext(t.Context(), script, "status").CombinedOutput(); err != nil {
		t.Errorf("status: %v %s", err, out)
	}
	if out, err := exec.CommandContext(t.Context(), script, "stop").CombinedOutput(); err != nil {
		t.Errorf("stop: %v %s", err, out)
	}
	eventually(t, "the agent still runs", func() bool { return syscall.Kill(child, 0) != nil })
	if exec.CommandContext(t.Context(), script, "status").Run() == nil {
		t.Error("the script says that the agent runs")
	}
}

// eventually waits for something that another process does.
func eventually(t *testing.T, problem string, happened func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(20 * time.Second)
	for !happened() {
		if time.Now().After(deadline) {
			t.Fatal(problem)
		}
		<-tick.C
	}
}

func TestOtherShellsReadTheScript(t *testing.T) {
	for _, shell := range [][]string{{"busybox", "sh"}, {"ksh"}, {"zsh"}} {
		if _, err := exec.LookPath(shell[0]); err != nil {
			continue
		}
		command := exec.CommandContext(t.Context(), shell[0], append(shell[1:], "-n")...)
		command.Stdin = bytes.NewReader(installer.Unix(installer.Install))
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", shell[0], err, out)
		}
	}
}

// TestScriptsAreSound asks the checker of shell scripts, where there is one.
func TestScriptsAreSound(t *testing.T) {
	checker, err := exec.LookPath("shellcheck")
	if err != nil {
		t.Skip("shellcheck is not installed")
	}
	command := exec.CommandContext(t.Context(), checker, "-s", "sh", "-")
	command.Stdin = bytes.NewReader(installer.Unix(installer.Install))
	if out, err := command.CombinedOutput(); err != nil {
		t.Errorf("shellcheck: %v\n%s", err, out)
	}
}

// TestWindowsScriptIsBalanced is a poor man's parser for where there is no PowerShell.
func TestWindowsScriptIsBalanced(t *testing.T) {
	script := installer.Windows(installer.Install)
	if pwsh, err := exec.LookPath("pwsh"); err == nil {
		const parse = `$e = $null; [void][Management.Automation.Language.Parser]::ParseInput([Console]::In.ReadToEnd(), [ref]$null, [ref]$e); $e; exit $e.Count`
		command := exec.CommandContext(t.Context(), pwsh, "-NoProfile", "-Command", parse)
		command.Stdin = bytes.NewReader(script)
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("parse: %v\n%s", err, out)
		}
	}
	for _, char := range script {
		if char >= 0x80 {
			t.Fatal("the script is not plain ASCII, which PowerShell 5.1 reads in the code page of the machine")
		}
	}
	if problem := unbalanced(string(script)); problem != "" {
		t.Error(problem)
	}
}

// unbalanced says which bracket or quote of PowerShell has no partner.
func unbalanced(script string) string {
	partners := map[byte]byte{')': '(', ']': '[', '}': '{'}
	var open []byte
	line := 1
	for i := 0; i < len(script); i++ {
		inText := len(open) > 0 && open[len(open)-1] == '"'
		switch char := script[i]; {
		case char == '\n':
			line++
		case char == '`':
			i++
		case char == '"' && inText:
			open = open[:len(open)-1]
		case char == '"':
			open = append(open, char)
		case inText && char == '$' && script[i+1] == '(':
			open = append(open, '(')
			i++
		case inText:
		case char == '#':
			for i+1 < len(script) && script[i+1] != '\n' {
				i++
			}
		case char == '\'':
			for i++; script[i] != '\''; i++ {
			}
		case strings.IndexByte("([{", char) >= 0:
			open = append(open, char)
		case partners[char] != 0:
			if len(open) == 0 || open[len(open)-1] != partners[char] {
				return fmt.Sprintf("line %d: %c has no partner", line, char)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return fmt.Sprintf("%c is never closed", open[len(open)-1])
	}
	return ""
}
