package apprise

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/plugins/internal/notifytest"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/notification"
)

var update = flag.Bool("update", false, "write the golden files")

func at() time.Time { return time.Date(2026, 11, 23, 18, 30, 0, 0, time.UTC) }

func cpu() sdk.Alert {
	return sdk.Alert{
		ID: "pve1:101-cpu", Rule: "cpu", ResourceID: "pve1:101", ResourceName: "web-1", ResourceKind: "vm", Node: "pve1",
		Severity: "critical", Message: "VM cpu at 97.2%", Value: 97.2, Threshold: 80, ValueText: "97.2%", ThresholdText: "80%",
		Started: at().Add(-10 * time.Minute), LastSeen: at(),
	}
}

func disk() sdk.Alert {
	return sdk.Alert{ID: "host:db-disk", Rule: "disk", ResourceName: "db", Severity: "warning", Message: "Host disk at 91.0%", ValueText: "91.0%"}
}

func message(phase string, alerts ...sdk.Alert) *sdk.Notification {
	return &sdk.Notification{
		DeliveryID: "01KAN9X4DS", Title: "web-1 is in trouble", Text: "Something is wrong.\nReally.", Severity: "critical",
		Phase: phase, Alerts: alerts, Link: "https://pulse.example.com/alerts", HubURL: "https://pulse.example.com",
	}
}

// scenarios are the messages of the golden files.
func scenarios() map[string]*sdk.Notification {
	escalated := message(notification.PhaseFiring, cpu())
	escalated.Escalation = 2
	return map[string]*sdk.Notification{
		"firing": message(notification.PhaseFiring, cpu()), "grouped": message(notification.PhaseFiring, cpu(), disk()),
		"escalated": escalated, "resolved": message(notification.PhaseResolved, cpu()),
		"test": message(notification.PhaseTest, disk()), "info": message(notification.PhaseInfo),
	}
}

// recorder is a server that writes down what it is asked.
type recorder struct {
	*httptest.Server
	mu       sync.Mutex
	requests []asked
}

type asked struct {
	path   string
	header http.Header
	body   []byte
}

func record(t testing.TB, answer http.HandlerFunc) *recorder {
	t.Helper()
	r := &recorder{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		r.mu.Lock()
		r.requests = append(r.requests, asked{request.URL.EscapedPath(), request.Header, body})
		r.mu.Unlock()
		if answer != nil {
			answer(w, request)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *recorder) taken() []asked {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests
}

func open(t testing.TB, c config) *notifier {
	t.Helper()
	c.Instance.Log, c.TimeoutSeconds = hclog.NewNullLogger(), 60
	n, err := newNotifier(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n
}

func TestAServerGetsWhatItGot(t *testing.T) {
	for name, m := range scenarios() {
		t.Run(name, func(t *testing.T) {
			r := record(t, nil)
			n := open(t, config{Mode: modeServer, ServerURL: r.URL + "/", Targets: "discord://a/b\n DISCORD://A/B \n\nslack://c"})
			got := notifytest.Deliver(t.Context(), n, m)
			if got.Outcome != notification.OutcomeDelivered || got.Status != 200 || got.PayloadBytes != len(r.taken()[0].body) {
				t.Fatalf("got %+v", got)
			}
			if r.taken()[0].path != "/notify" {
				t.Errorf("got path %s", r.taken()[0].path)
			}
			golden(t, "http-"+name+".json", pretty(t, r.taken()[0].body))
		})
	}
}

func pretty(t *testing.T, data []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, data, "", "  "); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return b.String() + "\n"
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s: file (-) and message (+) differ; review, then run the test with -update:\n%s", path, diff)
	}
}

func TestTheKeysOfAServer(t *testing.T) {
	r := record(t, nil)
	c := config{Mode: modeServer, ServerURL: r.URL + "/apprise", ConfigKey: "a/b", APIKey: "a long key", APIKeyHeader: "Authorization"}
	if err := open(t, c).Send(t.Context(), message(notification.PhaseTest)); err != nil {
		t.Fatal(err)
	}
	got := r.taken()[0]
	if got.path != "/apprise/notify/a%2Fb" || got.header.Get("Authorization") != "a long key" || bytes.Contains(got.body, []byte("urls")) {
		t.Errorf("got %s, %v, %s", got.path, got.header, got.body)
	}
}

func TestWhatAServerAnswersIsDecided(t *testing.T) {
	inside := record(t, nil)
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   notification.Result
		health sdk.HealthState
	}{
		{"too many", status(429, "Retry-After", "7"), notification.Result{Outcome: notification.OutcomeRetry, Status: 429, RetryAfter: 7 * time.Second}, sdk.HealthFailed},
		{"broken", status(500, "", ""), notification.Result{Outcome: notification.OutcomeRetry, Status: 500}, sdk.HealthFailed},
		{"some targets", status(424, "", ""), notification.Result{Outcome: notification.OutcomeRetry, Status: 424}, sdk.HealthFailed},
		{"no targets", status(204, "", ""), notification.Result{Outcome: notification.OutcomeRejected, Status: 204}, sdk.HealthFailed},
		{"wrong key", status(403, "", ""), notification.Result{Outcome: notification.OutcomeRejected, Status: 403}, sdk.HealthAuthFailed},
		{"bad request", status(400, "", ""), notification.Result{Outcome: notification.OutcomeRejected, Status: 400}, sdk.HealthFailed},
		{"moved", status(307, "Location", inside.URL), notification.Result{Outcome: notification.OutcomeRejected, Status: 307}, sdk.HealthFailed},
		{"moved to a metadata service", status(308, "Location", "http://169.254.169.254/"), notification.Result{Outcome: notification.OutcomeRejected, Status: 308}, sdk.HealthFailed},
		{"echo", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "sent to discord://hook/token") },
			notification.Result{Outcome: notification.OutcomeDelivered, Status: 200, Answer: "sent to ***"}, sdk.HealthOK},
		{"hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			notification.Result{Outcome: notification.OutcomeRetry}, sdk.HealthFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := record(t, tt.answer)
			n := open(t, config{Mode: modeServer, ServerURL: r.URL, Targets: "discord://hook/token"})
			got := notifytest.Deliver(t.Context(), n, message(notification.PhaseFiring, cpu()))
			if (got.Outcome == notification.OutcomeDelivered) != (got.Error == "") || strings.Contains(got.Error, r.URL) {
				t.Errorf("got error %q", got.Error)
			}
			got.Error, got.PayloadBytes = "", 0
			if diff := cmp.Diff(tt.want, got.Result); diff != "" {
				t.Error(diff)
			}
			if got.Health != tt.health {
				t.Errorf("got health %d, want %d", got.Health, tt.health)
			}
		})
	}
	if len(inside.taken()) > 0 {
		t.Error("a redirect was followed")
	}
}

func status(code int, name, value string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if name != "" {
			w.Header().Set(name, value)
		}
		w.WriteHeader(code)
	}
}

func TestAServerThatHangsIsLeft(t *testing.T) {
	reached := make(chan struct{})
	r := record(t, func(_ http.ResponseWriter, request *http.Request) {
		close(reached)
		<-request.Context().Done()
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { <-reached; cancel(errors.New("the test is over")) }()
	got := notifytest.Deliver(ctx, open(t, config{Mode: modeServer, ServerURL: r.URL}), message(notification.PhaseTest))
	if got.Outcome != notification.OutcomeRetry || !strings.Contains(got.Error, "the test is over") {
		t.Errorf("got %+v", got)
	}
}

// allow makes a folder of the plugin that allows a program.
func allow(t testing.TB, program string) sdk.Instance {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, programsFile), []byte("not/absolute\n"+program+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return sdk.Instance{DataDir: dir}
}

// TestTheProgramTellsWhatItTold runs the real program.
func TestTheProgramTellsWhatItTold(t *testing.T) {
	program, err := exec.LookPath("apprise")
	if err != nil {
		t.Skip("apprise is not installed: apt-get install apprise")
	}
	for name, m := range scenarios() {
		t.Run(name, func(t *testing.T) {
			r := record(t, nil)
			target := "json://" + r.Listener.Addr().String()
			n := open(t, config{Mode: modeProgram, CLIPath: "apprise", Targets: sdk.Secret(target), Instance: allow(t, program)})
			if got := notifytest.Deliver(t.Context(), n, m); got.Outcome != notification.OutcomeDelivered {
				t.Fatalf("got %+v", got)
			}
			var body struct{ Title, Message, Type string } // the version is that of the program
			if err := json.Unmarshal(r.taken()[0].body, &body); err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "cli-"+name+".json", pretty(t, text))
		})
	}
	t.Run("targets that are not told", func(t *testing.T) {
		r := record(t, status(500, "", ""))
		target := "json://" + r.Listener.Addr().String()
		n := open(t, config{Mode: modeProgram, CLIPath: program, Targets: sdk.Secret(target), Instance: allow(t, program)})
		got := notifytest.Deliver(t.Context(), n, message(notification.PhaseTest))
		if got.Outcome != notification.OutcomeRetry || strings.Contains(got.Answer+got.Error, r.Listener.Addr().String()) {
			t.Errorf("got %+v", got)
		}
	})
}

// script is a program of the test's own that writes down its arguments.
func script(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "apprise")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTargetsAreNoOptions(t *testing.T) {
	path := script(t, `for a in "$@"; do printf '%s\n' "$a"; done >arguments; pwd >>arguments; env >>arguments`)
	in := allow(t, path)
	t.Setenv("PULSE_SECRET", "hidden")
	m := message(notification.PhaseInfo)
	m.Title, m.Text = "--config=/etc/passwd", "-d\x00$(id)"
	if err := open(t, config{CLIPath: path, Targets: "--plugin-path=/tmp\n-v", Instance: in}).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(in.DataDir, "arguments"))
	if err != nil {
		t.Fatal(err)
	}
	want := "--title=--config=/etc/passwd\n--body=-d $(id)\n\nhttps://pulse.example.com\n--notification-type=info\n--\n--plugin-path=/tmp\n-v\n" + in.DataDir + "\n"
	if !strings.HasPrefix(string(got), want) || strings.Contains(string(got), "hidden") {
		t.Errorf("got %s", got)
	}
}

func TestOnlyListedProgramsAreRun(t *testing.T) {
	listed, other := script(t, "exit 0"), script(t, "touch was-run")
	in := allow(t, listed)
	for _, tt := range []struct {
		name string
		path string
		in   sdk.Instance
		want notification.Outcome
	}{
		{"by path", listed, in, notification.OutcomeDelivered},
		{"by name", "apprise", in, notification.OutcomeDelivered},
		{"another of the same name", other, in, notification.OutcomeRejected},
		{"relative path", "not/absolute", in, notification.OutcomeRejected},
		{"shell", "/bin/sh", in, notification.OutcomeRejected},
		{"no list", listed, sdk.Instance{DataDir: t.TempDir()}, notification.OutcomeRejected},
		{"no folder", listed, sdk.Instance{}, notification.OutcomeRejected},
		{"program that is gone", "/gone/apprise", allow(t, "/gone/apprise"), notification.OutcomeRejected},
	} {
		got := notifytest.Deliver(t.Context(), open(t, config{CLIPath: tt.path, Targets: "json://localhost", Instance: tt.in}), message(notification.PhaseTest))
		if got.Outcome != tt.want {
			t.Errorf("%s: got %+v", tt.name, got)
		}
	}
	if _, err := os.Stat(filepath.Join(in.DataDir, "was-run")); err == nil {
		t.Error("a program that is not listed was run")
	}
}

func TestAProgramThatHangsOrTalksIsEnded(t *testing.T) {
	talker := script(t, `i=0; while [ $i -lt 2000 ]; do echo "0123456789"; i=$((i+1)); done`)
	got := notifytest.Deliver(t.Context(), open(t, config{CLIPath: talker, Targets: "json://localhost", Instance: allow(t, talker)}), message(notification.PhaseTest))
	if got.Outcome != notification.OutcomeDelivered || len(got.Answer) > maxAnswer || len(got.Answer) < maxAnswer/2 {
		t.Errorf("got outcome %d and %d bytes", got.Outcome, len(got.Answer))
	}
	sleeper := script(t, "exec sleep 600")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errors.New("the test is over"))
	defer cancel()
	got = notifytest.Deliver(ctx, open(t, config{CLIPath: sleeper, Targets: "json://localhost", Instance: allow(t, sleeper)}), message(notification.PhaseTest))
	if got.Outcome != notification.OutcomeRetry || !strings.Contains(got.Error, "the test is over") {
		t.Errorf("got %+v", got)
	}
}

func TestKinds(t *testing.T) {
	for want, m := range map[string]*sdk.Notification{
		"failure": message(notification.PhaseFiring, disk(), cpu()), "warning": message(notification.PhaseFiring, disk()),
		"info": message(notification.PhaseResolved, cpu()),
	} {
		if got := kind(m); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// FuzzWords writes messages about things with hostile names.
func FuzzWords(f *testing.F) {
	f.Add(`"quoted"`, "two\nlines", "{{.}}")
	f.Add(strings.Repeat("long ", 4000), "\u202eright to left", "--option\x00")
	f.Add("", "\xff\xfe", "")
	f.Fuzz(func(t *testing.T, name, first, text string) {
		for _, phase := range []string{notification.PhaseFiring, notification.PhaseResolved, notification.PhaseInfo} {
			a := sdk.Alert{ResourceName: name, Message: text, ValueText: first, Severity: first}
			for _, m := range []*sdk.Notification{message(phase, a), message(phase, a, a), message(phase)} {
				m.Title, m.Text, m.HubURL = first, text, name
				title, body := title(m), body(m)
				if !utf8.ValidString(title) || !utf8.ValidString(body) || strings.ContainsAny(title, "\n\r\x00") || strings.ContainsAny(body, "\r\x00") {
					t.Fatalf("title %q, body %q", title, body)
				}
				if len(title) > 4*(maxTitle+1) || len(body) > maxBody+8*maxLine {
					t.Fatalf("title of %d and body of %d bytes", len(title), len(body))
				}
			}
		}
	})
}

func TestManyAlertsFit(t *testing.T) {
	alerts := make([]sdk.Alert, 5000)
	for i := range alerts {
		alerts[i] = cpu()
	}
	text := body(message(notification.PhaseFiring, alerts...))
	if len(text) > maxBody+1000 || !strings.Contains(text, " more") {
		t.Errorf("got %d bytes that end with %q", len(text), text[len(text)-60:])
	}
}

func BenchmarkBody(b *testing.B) {
	m := message(notification.PhaseFiring, cpu(), disk())
	b.ReportAllocs()
	for b.Loop() {
		body(m)
	}
}
