package update

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"
)

// build makes a program of the version, once.
var built sync.Map

func build(t *testing.T, version string) []byte {
	t.Helper()
	if content, ok := built.Load(version); ok {
		return content.([]byte)
	}
	file := filepath.Join(t.TempDir(), "program")
	command := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w -X main.version="+version, "-o", file, "./testdata/program")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	built.Store(version, content)
	return content
}

// hub is one that offers a program.
type hub struct {
	version  string
	program  []byte
	checksum string // empty: the right one
	status   map[string]int
	asked    func(path string) // may be nil
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" || r.Header.Get("X-API-Token") != "" {
		http.Error(w, "a token was sent", http.StatusTeapot)
		return
	}
	if h.asked != nil {
		h.asked(r.URL.String())
	}
	if status := h.status[r.URL.String()]; status != 0 {
		w.WriteHeader(status)
		return
	}
	if r.URL.Path == "/api/agent/version" {
		_, _ = fmt.Fprintf(w, `{"version":%q}`, h.version)
		return
	}
	sum := sha256.Sum256(h.program)
	told := h.checksum
	if told == "" {
		told = hex.EncodeToString(sum[:])
	}
	if told != "none" {
		w.Header().Set("X-Checksum-Sha256", told)
	}
	_, _ = w.Write(h.program)
}

// stage is an agent of version 1.0.0 and a hub.
type stage struct {
	*Updater
	dir string
}

func newStage(t *testing.T, h *hub) *stage {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	s := &stage{dir: dir, Updater: New(Options{
		URL: server.URL, Client: server.Client(), Version: "1.0.0", Program: filepath.Join(dir, "pulse-agent"), StateDir: t.TempDir(),
		Target: "os-arch", Trial: 20 * time.Millisecond, Poll: time.Millisecond, Logger: hclog.NewNullLogger(),
	})}
	if err := os.WriteFile(s.Program, build(t, "1.0.0"), 0o755); err != nil {
		t.Fatal(err)
	}
	return s
}

// installed returns the version of the program in place.
func (s *stage) installed(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), s.Program, "--version").Output()
	if err != nil {
		t.Fatalf("the program does not run: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// report lets the agent of the version have a report accepted.
func (s *stage) report(t *testing.T, version string) {
	t.Helper()
	if err := write(s.files.acceptedFile(), []byte(version+"\n")); err != nil {
		t.Error(err)
	}
}

// wantOnly fails when anything else is beside the program.
func (s *stage) wantOnly(t *testing.T, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("the folder holds %v, want %v", got, names)
	}
}

func TestUpdateStaysWhenTheNewProgramReports(t *testing.T) {
	h := &hub{version: "1.1.0", program: build(t, "1.1.0")}
	s := newStage(t, h)
	s.Trial = time.Minute
	s.Copy = filepath.Join(t.TempDir(), "flash")
	if err := os.WriteFile(s.Copy, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	s.report(t, "1.0.0")
	var agent sync.WaitGroup
	agent.Go(func() { // plays the agent, which notices that its program is another one
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for range tick.C {
			if known := s.files.info(); known.To == "1.1.0" && s.files.onTrial() {
				s.report(t, "1.1.0")
				return
			}
		}
	})
	version, err := s.Run(t.Context())
	agent.Wait()
	if err != nil || version != "1.1.0" || s.installed(t) != "1.1.0" {
		t.Fatalf("Run = %q, %v; installed is %s", version, err, s.installed(t))
	}
	s.wantOnly(t, ".pulse-update-info", "pulse-agent")
	if known := s.files.info(); known.From != "1.0.0" || known.To != "1.1.0" {
		t.Errorf("noted is %+v", known)
	}
	if content, _ := os.ReadFile(s.Copy); string(content) != string(h.program) {
		t.Error("the second place is not up to date")
	}
}

func TestUpdateIsTakenBackWhenNothingIsReported(t *testing.T) {
	s := newStage(t, &hub{version: "1.1.0", program: build(t, "1.1.0")})
	s.report(t, "1.0.0")
	if version, err := s.Run(t.Context()); !errors.Is(err, ErrRolledBack) || version != "1.1.0" {
		t.Fatalf("Run = %q, %v", version, err)
	}
	if got := s.installed(t); got != "1.0.0" {
		t.Errorf("installed is %s", got)
	}
	s.wantOnly(t, ".pulse-update-info", "pulse-agent")
	if version, err := s.Run(t.Context()); version != "" || err != nil {
		t.Errorf("the version that did not work is tried again: %q, %v", version, err)
	}
}

func TestTrialWaitsForAHubThatIsAway(t *testing.T) {
	h := &hub{version: "1.1.0", program: build(t, "1.1.0"), status: map[string]int{}}
	s := newStage(t, h)
	s.Trial = time.Second
	asked := 0
	h.asked = func(path string) {
		if path != "/api/agent/version" {
			h.status["/api/agent/version"] = http.StatusServiceUnavailable
			return
		}
		if asked++; asked == 4 { // the first was before the download
			s.report(t, "1.1.0")
		}
	}
	if version, err := s.Run(t.Context()); err != nil || version != "1.1.0" || s.installed(t) != "1.1.0" {
		t.Errorf("Run = %q, %v", version, err)
	}
}

func TestInterruptedTrialGoesOn(t *testing.T) {
	for _, works := range []bool{true, false} {
		s := newStage(t, &hub{version: "1.1.0", program: build(t, "1.1.0")})
		ended, cancel := context.WithCancelCause(t.Context())
		s.Trial = time.Hour
		killed := errors.New("killed")
		s.Poll = time.Nanosecond
		go func() {
			for !s.files.onTrial() {
				runtime.Gosched()
			}
			cancel(killed)
		}()
		if _, err := s.Run(ended); !errors.Is(err, killed) || s.installed(t) != "1.1.0" {
			t.Fatalf("Run = %v", err)
		}
		s.Trial = 20 * time.Millisecond
		want := "1.0.0"
		if works {
			want = "1.1.0"
			s.report(t, want)
		}
		if _, err := s.Run(t.Context()); (err == nil) != works || s.installed(t) != want {
			t.Errorf("works %v: Run = %v, installed is %s", works, err, s.installed(t))
		}
		s.wantOnly(t, ".pulse-update-info", "pulse-agent")
	}
}

func TestOtherProgramsAreRefused(t *testing.T) {
	good := build(t, "1.1.0")
	for name, test := range map[string]struct {
		hub  *hub
		want error
	}{
		"wrong checksum":   {&hub{version: "1.1.0", program: good, checksum: strings.Repeat("ab", 32)}, ErrUntrusted},
		"no checksum":      {&hub{version: "1.1.0", program: good, checksum: "none"}, ErrUntrusted},
		"half a checksum":  {&hub{version: "1.1.0", program: good, checksum: "abcd"}, ErrUntrusted},
		"no program":       {&hub{version: "1.1.0", program: []byte("#!/bin/sh\necho 1.1.0\n")}, ErrUntrusted},
		"nothing":          {&hub{version: "1.1.0"}, ErrUntrusted},
		"does not run":     {&hub{version: "1.1.0", program: []byte("\x7fELF, MZ, or what else")}, ErrUntrusted},
		"another version":  {&hub{version: "1.2.0", program: good}, ErrUntrusted},
		"not offered":      {&hub{version: "1.1.0", status: map[string]int{"/download/pulse-agent?arch=os-arch": 307, "/download/pulse-agent": 404}}, ErrNotOffered},
		"hub out of order": {&hub{version: "1.1.0", status: map[string]int{"/download/pulse-agent?arch=os-arch": 500}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, test.hub)
			if version, err := s.Run(t.Context()); version != "" || err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("Run = %q, %v; want %v", version, err, test.want)
			}
			if got := s.installed(t); got != "1.0.0" {
				t.Errorf("installed is %s", got)
			}
			s.wantOnly(t, "pulse-agent")
		})
	}
}

func TestNothingToDo(t *testing.T) {
	for _, version := range []string{"1.0.0", "0.9.0", "dev", ""} {
		h := &hub{version: version}
		h.asked = func(path string) {
			if path != "/api/agent/version" {
				t.Errorf("hub of version %q was asked for %s", version, path)
			}
		}
		if got, err := newStage(t, h).Run(t.Context()); got != "" || err != nil {
			t.Errorf("hub of version %q: Run = %q, %v", version, got, err)
		}
	}
	s := newStage(t, &hub{version: "9.0.0"})
	s.Version = "dev"
	if got, err := s.Run(t.Context()); got != "" || err != nil {
		t.Errorf("a working tree: Run = %q, %v", got, err)
	}
}

func TestGenericProgramIsTheSecondChoice(t *testing.T) {
	s := newStage(t, &hub{version: "1.1.0", program: build(t, "1.1.0"), status: map[string]int{"/download/pulse-agent?arch=os-arch": 404}})
	if _, err := s.Run(t.Context()); !errors.Is(err, ErrRolledBack) { // it was put in place
		t.Errorf("Run = %v", err)
	}
}

func TestFollowerNoticesAnotherProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		program := filepath.Join(dir, "pulse-agent")
		if err := os.WriteFile(program, []byte("old"), 0o755); err != nil {
			t.Fatal(err)
		}
		var delivered atomic.Bool
		var updates atomic.Int32
		f := NewFollower(FollowerOptions{
			Version: "1.0.0", Program: program, StateDir: dir, Logger: hclog.NewNullLogger(),
			Delivered: delivered.Load,
			Update:    func(context.Context) error { updates.Add(1); return nil },
		})
		ended := make(chan error, 1)
		go func() { ended <- f.Run(t.Context()) }()
		time.Sleep(4 * time.Second)
		synctest.Wait()
		if updates.Load() != 0 || f.files.acceptedVersion() != "" {
			t.Errorf("after 4 s there were %d updates, and accepted is %q", updates.Load(), f.files.acceptedVersion())
		}
		delivered.Store(true)
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if n := updates.Load(); n < 3 || n > 4 || f.files.acceptedVersion() != "1.0.0" {
			t.Errorf("after 3 h there were %d updates, and accepted is %q", updates.Load(), f.files.acceptedVersion())
		}
		if err := write(program, []byte("new")); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, ErrReplaced) {
			t.Errorf("Run = %v", err)
		}
	})
}

func TestFirstProcessAfterAnUpdateSaysSo(t *testing.T) {
	dir := t.TempDir()
	options := FollowerOptions{Version: "1.1.0", Program: filepath.Join(dir, "pulse-agent"), StateDir: dir, Logger: hclog.NewNullLogger(), Delivered: func() bool { return true }}
	if got := NewFollower(options).UpdatedFrom(); got != "" {
		t.Errorf("without an update it is %q", got)
	}
	known := files{program: options.Program, stateDir: dir}
	if err := known.note(info{From: "1.0.0", To: "1.1.0"}); err != nil {
		t.Fatal(err)
	}
	first := NewFollower(options)
	if !first.noteAccepted() || first.UpdatedFrom() != "1.0.0" {
		t.Errorf("the first process says %q", first.UpdatedFrom())
	}
	if got := NewFollower(options).UpdatedFrom(); got != "" {
		t.Errorf("the second process says %q", got)
	}
}

func TestWhoMayReplaceTheProgram(t *testing.T) {
	program := filepath.Join(t.TempDir(), "pulse-agent")
	for version, want := range map[string]bool{"1.0.0": true, "dev": false, "1.0.0-3-gabc": false} {
		if got := CanReplace(program, version); got != want {
			t.Errorf("CanReplace of version %s = %v", version, got)
		}
	}
	if CanReplace(filepath.Join(t.TempDir(), "gone", "pulse-agent"), "1.0.0") {
		t.Error("a program in a folder that does not exist can be replaced")
	}
}
