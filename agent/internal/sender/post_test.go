package sender

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/report"
)

// sendTo makes one attempt against a real server.
func sendTo(t *testing.T, server *httptest.Server, insecure bool) outcome {
	t.Helper()
	client := NewClient(ClientOptions{Insecure: insecure})
	t.Cleanup(client.CloseIdleConnections)
	target := NewTarget(TargetOptions{URL: server.URL, Token: "tok", Client: client})
	return target.post(t.Context(), message{path: report.HostPath, userAgent: "pulse-host-agent/1.2.3", body: []byte(`{}`)})
}

func TestRequest(t *testing.T) {
	var got http.Header
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		got = request.Header.Clone()
		got.Set("Line", request.Method+" "+request.URL.Path)
		writer.Header().Set(report.FeaturesHeader, "gzip, replay")
		_, _ = writer.Write([]byte(`{"success":true,"hostId":"h"}`))
	}))
	defer server.Close()
	result := sendTo(t, server, false)
	if result.verdict != accepted || result.err != nil || string(result.body) != `{"success":true,"hostId":"h"}` {
		t.Errorf("outcome = %+v", result)
	}
	if result.features == nil || *result.features != (report.Features{Gzip: true, Replay: true}) {
		t.Errorf("features = %+v", result.features)
	}
	want := http.Header{
		"Line": {"POST /api/agents/host/report"}, "Content-Type": {"application/json"}, "X-Api-Token": {"tok"},
		"Authorization": {"Bearer tok"}, "User-Agent": {"pulse-host-agent/1.2.3"}, "Accept-Encoding": {"gzip"}, "Content-Length": {"2"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestFeaturesAreRememberedAcrossRestarts(t *testing.T) {
	options := TargetOptions{URL: "https://hub.example", StateDir: filepath.Join(t.TempDir(), "spool")}
	first := NewTarget(options)
	if features, known := first.Features(); known || features != (report.Features{}) {
		t.Errorf("Features of a new hub = %+v, %v", features, known)
	}
	for _, want := range []report.Features{report.AllFeatures(), {}} {
		first.learn(want)
		if features, known := NewTarget(options).Features(); !known || features != want {
			t.Errorf("Features after a restart = %+v, %v, want %+v", features, known, want)
		}
	}
	options.URL = "https://other.example"
	if _, known := NewTarget(options).Features(); known {
		t.Error("another hub's features are taken for this one's")
	}
}

func TestPack(t *testing.T) {
	body := bytes.Repeat([]byte("report "), 500)
	packed, err := pack(body)
	if err != nil || len(packed) > len(body)/10 {
		t.Fatalf("pack made %d bytes of %d, %v", len(packed), len(body), err)
	}
	if got, err := unpack(packed, len(body)); err != nil || !bytes.Equal(got, body) {
		t.Errorf("unpack = %d bytes, %v", len(got), err)
	}
	if _, err := unpack(packed, len(body)-1); !errors.Is(err, errTooLarge) {
		t.Errorf("unpack of too much = %v", err)
	}
	if _, err := unpack(body, len(body)); err == nil {
		t.Error("unpack of what was not packed has no error")
	}
}

func TestGetAndPost(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if request.Header.Get("X-API-Token") != "tok" {
			t.Error("no token")
		}
		body, _ := io.ReadAll(request.Body)
		if request.Method == http.MethodPost && string(body) == `{"hostId":"h","status":"completed"}` {
			_, _ = writer.Write([]byte(`{"success":true}`))
			return
		}
		writer.WriteHeader(http.StatusNotFound)
		_, _ = writer.Write([]byte(`{"error":"no such thing"}`))
	}))
	defer server.Close()
	target := NewTarget(TargetOptions{URL: server.URL, Token: "tok", Client: NewClient(ClientOptions{})})
	if err := target.Post(t.Context(), "/x", "ua", report.CommandAck{HostID: "h", Status: "completed"}); err != nil {
		t.Errorf("Post = %v", err)
	}
	if err := target.Post(t.Context(), "/x", "ua", 1); err == nil || !strings.Contains(err.Error(), "no such thing") {
		t.Errorf("Post that fails = %v", err)
	}
	if status, body, err := target.Get(t.Context(), "/y"); status != 404 || !strings.Contains(string(body), "no such") || err != nil {
		t.Errorf("Get = %d %s, %v", status, body, err)
	}
	server.Close()
	if _, _, err := target.Get(t.Context(), "/y"); err == nil || strings.Contains(err.Error(), "http://") {
		t.Errorf("Get of nobody = %v", err)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	reached := false
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer thief.Close()
	server := httptest.NewServer(http.RedirectHandler(thief.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	if result := sendTo(t, server, false); result.verdict != unreachable || result.status != http.StatusTemporaryRedirect || reached {
		t.Errorf("outcome = %+v, redirect followed: %v", result, reached)
	}
}

func TestTLS(t *testing.T) {
	tests := []struct {
		name     string
		version  uint16
		insecure bool
		want     verdict
	}{
		{"unknown certificate", tls.VersionTLS13, false, unreachable},
		{"unknown certificate, insecure", tls.VersionTLS12, true, accepted},
		{"old protocol", tls.VersionTLS11, true, unreachable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(writer http.ResponseWriter, _ *http.Request) {
				_, _ = writer.Write([]byte(`{"success":true}`))
			}))
			server.Config.ErrorLog = hclog.NewNullLogger().StandardLogger(nil)
			server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: test.version} // the point of the test
			server.StartTLS()
			defer server.Close()
			if result := sendTo(t, server, test.insecure); result.verdict != test.want {
				t.Errorf("verdict = %v (%v), want %v", result.verdict, result.err, test.want)
			}
		})
	}
}

func TestVerdictOfStatus(t *testing.T) {
	tests := map[int]verdict{
		301: unreachable, 400: refused, 401: unreachable, 403: forbidden, 404: unreachable, 408: unreachable, 413: refused, 415: refused,
		422: refused, 429: unreachable, 500: unreachable, 503: unreachable,
	}
	for status, want := range tests {
		if got := verdictOf(status); got != want {
			t.Errorf("verdictOf(%d) = %v, want %v", status, got, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	tests := map[string]time.Duration{
		"": 0, "120": 2 * time.Minute, "-5": 0, "soon": 0, "9999999999": maxRetryAfter, "99999999999999999999": 0,
		"Wed, 21 Oct 2026 07:28:00 GMT": 0,
	}
	for text, want := range tests {
		if got := retryAfter(http.Header{"Retry-After": {text}}); got != want {
			t.Errorf("retryAfter(%q) = %s, want %s", text, got, want)
		}
	}
}

// FuzzJudge feeds arbitrary answers of whatever sits at the hub's address.
func FuzzJudge(f *testing.F) {
	f.Add(200, "10", []byte(`{"success":true,"hostId":"h","lastSeen":"2026-11-23T05:29:53Z"}`))
	f.Add(400, "", []byte(`{"error":"host report missing hostname","code":"invalid_report","status_code":400,"timestamp":1795411920}`))
	f.Add(502, "x", []byte("<html>"))
	f.Fuzz(func(t *testing.T, status int, retry string, body []byte) {
		result := judge(answer{status, http.Header{"Retry-After": {retry}}, body})
		if (result.verdict == accepted) != (result.err == nil) {
			t.Errorf("verdict %v with error %v", result.verdict, result.err)
		}
		if result.retry < 0 || result.retry > maxRetryAfter {
			t.Errorf("retry = %s", result.retry)
		}
		if result.err != nil && len(result.err.Error()) > 2000 {
			t.Errorf("error of %d bytes", len(result.err.Error()))
		}
	})
}

func TestMomentOfSendingIsToldToHubsThatReplay(t *testing.T) {
	told := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		told <- request.Header.Get(report.SentAtHeader)
		_, _ = writer.Write([]byte(`{"success":true}`))
	}))
	defer server.Close()
	target := NewTarget(TargetOptions{URL: server.URL, Client: NewClient(ClientOptions{})})
	target.post(t.Context(), message{path: "/x"})
	if got := <-told; got != "" {
		t.Errorf("a hub that did not ask was told %q", got)
	}
	target.post(t.Context(), message{path: "/x", dated: true})
	if sent, err := time.Parse(time.RFC3339, <-told); err != nil || time.Since(sent).Abs() > time.Minute {
		t.Errorf("sent at %v, %v", sent, err)
	}
}
