package shoutrrr

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/nicholas-fedor/shoutrrr/pkg/router"

	"github.com/pulse-hub/pulse/plugins/internal/notifytest"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/notification"
)

var update = flag.Bool("update", false, "write the golden files")

func message(phase, title, text string) *sdk.Notification {
	return &sdk.Notification{
		DeliveryID: "01KAN9X4DS", Title: title, Text: text, Phase: phase, Severity: "critical", Link: "https://pulse.example.com/alerts",
		Alerts: []sdk.Alert{{ID: "pve1:101-cpu", Rule: "cpu", ResourceName: "web-1", Severity: "critical", Message: "VM cpu at 97.2%"}},
	}
}

func firing() *sdk.Notification {
	return message(notification.PhaseFiring, "VM cpu at 97.2% on web-1", "Critical: VM cpu at 97.2% on web-1")
}

func open(t testing.TB, url string) *notifier {
	t.Helper()
	n, err := newNotifier(config{URL: sdk.Secret(url)})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// generic is the URL for a server of the test's own.
func generic(server *httptest.Server) string {
	return "generic://" + server.Listener.Addr().String() + "/hidden-token?disabletls=yes&template=json"
}

func serve(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func TestAServiceGetsWhatItGot(t *testing.T) {
	escalated := firing()
	escalated.Title, escalated.Escalation = "Escalation 2: VM cpu at 97.2% on web-1", 2
	for name, m := range map[string]*sdk.Notification{
		"firing": firing(), "escalated": escalated,
		"grouped":  message(notification.PhaseFiring, "2 alerts (1 critical)", "Critical: VM cpu at 97.2% on web-1\nWarning: Host disk at 91.0% on db"),
		"resolved": message(notification.PhaseResolved, "web-1 is well again", "Resolved: VM cpu at 97.2% on web-1"),
	} {
		t.Run(name, func(t *testing.T) {
			var got string
			server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got = fmt.Sprintf("%s %s\n%s\n%s\n", r.Method, r.URL.Path, r.Header.Get("Content-Type"), body)
			})
			result := notifytest.Deliver(t.Context(), open(t, generic(server)), m)
			if result.Outcome != notification.OutcomeDelivered || result.Status != 200 || result.PayloadBytes == 0 {
				t.Fatalf("got %+v", result)
			}
			golden(t, name+".txt", got)
		})
	}
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
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: file (-) and request (+) differ; review, then run the test with -update:\n%s", path, diff)
	}
}

// everybody answers as all services at once.
type everybody struct{ asked []string }

func (e *everybody) RoundTrip(r *http.Request) (*http.Response, error) {
	e.asked = append(e.asked, r.URL.Host)
	body := `{"code":200,"success":true,"status":"ok","access_token":"t","room_id":"!r:h","joined_rooms":["!r:h"],"flows":[{"type":"m.login.password"}]}`
	return &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

// TestServicesAskThroughTheTrip finds out services that would connect by
// themselves: what the guard does not see must not be on the list.
func TestServicesAskThroughTheTrip(t *testing.T) {
	urls := map[string]string{
		"bark":       "bark://:device-key@bark.test",
		"generic":    "generic://generic.test/path",
		"googlechat": "googlechat://chat.googleapis.com/v1/spaces/FOO/messages?key=bar&token=baz",
		"ifttt":      "ifttt://key/?events=event1",
		"join":       "join://Token:apikey@join?devices=dev1",
		"lark":       "lark://open.larksuite.com/token?secret=sss",
		"matrix":     "matrix://user:pass@matrix.test",
		"notifiarr":  "notifiarr://apikey123?channel=123456789",
		"opsgenie":   "opsgenie://api.opsgenie.com/eb243592-faa2-4ba2-a551q-1afdf565c889",
		"pushbullet": "pushbullet://o.abcdefghijklmnopqrstuvwxyz012345",
		"rocketchat": "rocketchat://rocket.test/tokenA/tokenB",
		"signal":     "signal://signal.test:8080/+1234567890/+10987654321",
		"zulip":      "zulip://bot-mail@zulip.test:correcthorsebattery@zulip.test?stream=foo&topic=bar",
	}
	for _, service := range services() {
		n := open(t, urls[service])
		all := &everybody{}
		n.base = all
		err := n.Send(t.Context(), firing()) // not all of them believe in what everybody answers
		if len(all.asked) == 0 {
			t.Errorf("%s: no request went through the trip, %v", service, err)
		}
	}
	known := (&router.ServiceRouter{}).ListServices()
	for _, service := range services() {
		if !slices.Contains(known, service) {
			t.Errorf("the library does not know %s", service)
		}
	}
}

func TestWhatAServiceAnswersIsDecided(t *testing.T) {
	visited := false
	inside := serve(t, func(http.ResponseWriter, *http.Request) { visited = true })
	for _, tt := range []struct {
		name   string
		url    string // empty: that of a server with the answer
		answer http.HandlerFunc
		want   notification.Result
		health sdk.HealthState
	}{
		{"too many", "", status(429, "Retry-After", "7"), notification.Result{Outcome: notification.OutcomeRetry, Status: 429, RetryAfter: 7 * time.Second}, sdk.HealthFailed},
		{"broken", "", status(500, "", ""), notification.Result{Outcome: notification.OutcomeRetry, Status: 500}, sdk.HealthFailed},
		{"wrong token", "", status(401, "", ""), notification.Result{Outcome: notification.OutcomeRejected, Status: 401}, sdk.HealthAuthFailed},
		{"gone", "", status(404, "", ""), notification.Result{Outcome: notification.OutcomeRejected, Status: 404}, sdk.HealthFailed},
		{"hangs up", "", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, notification.Result{Outcome: notification.OutcomeRetry}, sdk.HealthFailed},
		{"leads elsewhere", "", status(307, "Location", inside.URL), notification.Result{Outcome: notification.OutcomeRejected}, sdk.HealthFailed},
		{"metadata service", "generic://169.254.169.254/hidden-token?disabletls=yes", nil, notification.Result{Outcome: notification.OutcomeRejected}, sdk.HealthFailed},
		{"no such name", "matrix://u:p@hidden-token.invalid", nil, notification.Result{Outcome: notification.OutcomeRetry}, sdk.HealthFailed},
		{"nothing to send to", "zulip://hidden-token", nil, notification.Result{Outcome: notification.OutcomeRejected}, sdk.HealthFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			url := tt.url
			if url == "" {
				url = generic(serve(t, tt.answer))
			}
			n := open(t, url)
			got := notifytest.Deliver(t.Context(), n, firing())
			if got.Error == "" || strings.Contains(got.Error, "hidden-token") {
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
	if visited {
		t.Error("a redirect to another address was followed")
	}
	if _, ok := http.DefaultTransport.(*http.Transport); !ok {
		t.Errorf("http.DefaultTransport is still %T", http.DefaultTransport)
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

func TestAServiceThatHangsIsLeft(t *testing.T) {
	reached := make(chan struct{})
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(reached)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { <-reached; cancel(errors.New("the test is over")) }()
	got := notifytest.Deliver(ctx, open(t, generic(server)), firing())
	if got.Outcome != notification.OutcomeRetry || got.Error != "the test is over" {
		t.Errorf("got %+v", got)
	}
}

// FuzzText writes messages with hostile words.
func FuzzText(f *testing.F) {
	f.Add(`"quoted"`, "two\nlines\x00")
	f.Add(strings.Repeat("long ", 8000), "\u202eright to left {{.}}")
	f.Add("", "\xff\xfe")
	f.Fuzz(func(t *testing.T, title, words string) {
		got := text(&sdk.Notification{Title: title, Text: words, Link: title})
		if got == "" || !utf8.ValidString(got) || strings.ContainsAny(got, "\r\x00") || utf8.RuneCountInString(got) > 2*maxText+10 {
			t.Fatalf("got %d bytes: %.200q", len(got), got)
		}
	})
}
