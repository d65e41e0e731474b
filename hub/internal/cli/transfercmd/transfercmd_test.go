package transfercmd_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/transfercmd"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/hub/internal/transfer"
)

// fakeHub remembers what it was asked, and answers as a hub does.
type fakeHub struct{ asked []map[string]any }

const words = "a long passphrase"

func startHub(t *testing.T) (*fakeHub, string) {
	t.Helper()
	hub := &fakeHub{}
	folder, err := os.MkdirTemp("", "hub") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", config.AdminSocket(folder))
	if err != nil {
		t.Fatal(err)
	}
	server, done := &http.Server{Handler: hub}, make(chan struct{})
	go func() {
		defer close(done)
		server.Serve(listener)
	}()
	t.Cleanup(func() {
		server.Close()
		<-done
		os.RemoveAll(folder)
	})
	return hub, folder
}

// ServeHTTP is part of http.Handler.
func (h *fakeHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := map[string]any{"path": r.URL.Path}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, "no JSON", http.StatusBadRequest)
		return
	}
	h.asked = append(h.asked, body)
	switch {
	case body["passphrase"] != words:
		http.Error(w, "Failed to import configuration: failed to decrypt import data", http.StatusBadRequest)
	case r.URL.Path == "/api/config/export":
		io.WriteString(w, `{"status":"success","data":"QUJD"}`)
	case body["dryRun"] == true:
		json.NewEncoder(w).Encode(transfer.Outcome{
			Added:   []transfer.Change{{Section: "instances", ID: "i1", Name: "lab"}},
			Changed: []transfer.Change{{Section: "system", ID: "system", Fields: []transfer.Field{{Field: "/theme", Before: `"dark"`, After: `"light"`}}}},
			Removed: []transfer.Change{{Section: "tokens", ID: "t1", Name: "old"}}, Unchanged: make([]transfer.Change, 4),
			Warnings: []string{"something \x1b[31mis left out"},
		})
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(w, `{"message":"Configuration imported successfully","status":"success"}`)
	}
}

// run runs a command and returns what it wrote to its output and to its errors.
func run(t *testing.T, environment map[string]string, answer string, args ...string) (out, told string, err error) {
	t.Helper()
	var output, errs bytes.Buffer
	term := &terminal.Terminal{In: strings.NewReader(answer), Out: &output, Err: &errs, Interactive: answer != ""}
	root := usage.Group(&cobra.Command{Use: "pulse", SilenceUsage: true, SilenceErrors: true})
	root.SetOut(&output)
	root.AddCommand(transfercmd.Commands(transfercmd.Options{Terminal: term, LookupEnv: func(name string) (string, bool) {
		value, ok := environment[name]
		return value, ok
	}})...)
	root.SetArgs(args)
	err = root.ExecuteContext(t.Context())
	return output.String(), errs.String(), err
}

func TestAnExportIsWrittenToAFileOfItsOwner(t *testing.T) {
	hub, folder := startHub(t)
	environment := map[string]string{"PULSE_DATA_DIR": folder, "PULSE_PASSPHRASE": words}
	path := filepath.Join(t.TempDir(), "pulse.bundle")
	if _, _, err := run(t, environment, "", "export", path, "--users"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	info, statErr := os.Stat(path)
	if err != nil || statErr != nil || string(text) != "QUJD\n" || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %q with %v, %v", text, info.Mode(), err)
	}
	want := []map[string]any{{"path": "/api/config/export", "passphrase": words, "includeUsers": true}}
	if diff := cmp.Diff(want, hub.asked); diff != "" {
		t.Error(diff)
	}
	if _, _, err := run(t, environment, "", "export", path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("writing over a file gave %v", err)
	}
	if out, _, err := run(t, environment, "", "export", "-"); err != nil || out != "QUJD\n" {
		t.Errorf("to the output went %q, %v", out, err)
	}
}

func TestPassphrases(t *testing.T) {
	_, folder := startHub(t)
	file := filepath.Join(t.TempDir(), "secret")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	base := map[string]string{"PULSE_DATA_DIR": folder}
	write(words + "\r\nmore\n")
	if _, _, err := run(t, base, "", "export", "-", "--passphrase-file", file); err != nil {
		t.Errorf("from a file: %v", err)
	}
	for text, want := range map[string]string{"\nx": "empty line", "short": "at least 12 characters", strings.Repeat("x", 5000): "longer than"} {
		write(text)
		if _, _, err := run(t, base, "", "export", "-", "--passphrase-file", file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: got %v, want %q", text, err, want)
		}
	}
	if _, _, err := run(t, base, "", "export", "-"); !usage.Is(err) || !strings.Contains(err.Error(), "PULSE_PASSPHRASE") {
		t.Errorf("with nobody there: %v", err)
	}
}

func TestAnImportIsShownAndAgreedTo(t *testing.T) {
	hub, folder := startHub(t)
	environment := map[string]string{"PULSE_DATA_DIR": folder, "PULSE_PASSPHRASE": words}
	path := filepath.Join(t.TempDir(), "pulse.bundle")
	if err := os.WriteFile(path, []byte(`{"status":"success","data":"QUJD"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		answer string
		args   []string
		calls  int
		told   string
		fails  bool
	}{
		"looked at":       {"", []string{"--dry-run"}, 1, "", false},
		"agreed to":       {"y\n", nil, 2, "The configuration is imported.", false},
		"not agreed to":   {"n\n", nil, 1, "Nothing was changed.", false},
		"nobody there":    {"", nil, 1, "", true},
		"agreed to ahead": {"", []string{"--yes"}, 2, "The configuration is imported.", false},
	}
	for name, tt := range tests {
		hub.asked = nil
		out, told, err := run(t, environment, tt.answer, append([]string{"import", path}, tt.args...)...)
		if usage.Is(err) != tt.fails || (err != nil) != tt.fails || !strings.Contains(told, tt.told) || len(hub.asked) != tt.calls {
			t.Errorf("%s: %d calls, told %q, %v", name, len(hub.asked), told, err)
		}
		for i, asked := range hub.asked {
			if asked["data"] != "QUJD" || asked["dryRun"] != (i == 0) {
				t.Errorf("%s: call %d was %v", name, i, asked)
			}
		}
		for _, want := range []string{"add ", "lab", "change", `/theme  "dark"  "light"`, "remove", "Warning: something [31mis left out", "1 added, 1 changed, 1 removed, 4 unchanged."} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: %q is not in\n%s", name, want, out)
			}
		}
	}
	out, _, err := run(t, environment, "", "import", path, "--dry-run", "--json")
	var outcome transfer.Outcome
	if json.Unmarshal([]byte(out), &outcome) != nil || err != nil || len(outcome.Added) != 1 {
		t.Errorf("as JSON: %s, %v", out, err)
	}
	environment["PULSE_PASSPHRASE"] = "another passphrase"
	if _, _, err := run(t, environment, "", "import", path, "--yes"); err == nil || !strings.Contains(err.Error(), "failed to decrypt import data") {
		t.Errorf("a wrong passphrase gave %v", err)
	}
	if _, _, err := run(t, environment, "", "import", path+".not"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file gave %v", err)
	}
}
