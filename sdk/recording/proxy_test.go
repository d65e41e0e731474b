package recording_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/sdk/recording"
)

// through returns the URL of a proxy for a server that answers as the handler does.
func through(t *testing.T, recorder *recording.Recorder, handler http.HandlerFunc) string {
	t.Helper()
	upstream := httptest.NewServer(handler)
	t.Cleanup(upstream.Close)
	proxy, err := recorder.NewProxy(upstream.URL, recording.Trust{})
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, proxy)
}

// fetch returns the status and body of an answer.
func fetch(t *testing.T, client *http.Client, method, address string, body io.Reader) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestProxyPassesEverythingOn(t *testing.T) {
	recorder := recording.NewRecorder()
	address := through(t, recorder, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "0123456789", Secure: true, Domain: "pve.lan", Path: "/"})
			http.Redirect(w, r, "http://"+r.Host+"/packed", http.StatusFound)
		case "/packed":
			if _, err := r.Cookie("a"); err != nil {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			w.Header().Set("Content-Encoding", "gzip")
			packed := gzip.NewWriter(w)
			_, _ = io.WriteString(packed, "plain, with "+r.Header.Get("Accept-Encoding"))
			packed.Close()
		case "/echo/a%2fb", "/echo/a/b":
			_, _ = io.Copy(w, r.Body)
		}
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	if status, body := fetch(t, client, http.MethodGet, address+"/moved", nil); status != http.StatusOK || body != "plain, with " {
		t.Errorf("got %d %q", status, body)
	}
	if status, body := fetch(t, client, http.MethodPost, address+"/echo/a%2fb?x=%zz&y=1", strings.NewReader("\x00\xff")); status != http.StatusOK || body != "\x00\xff" {
		t.Errorf("got %d %q", status, body)
	}
	r, err := recording.Read(bytes.NewReader(written(t, recorder.Recording())))
	if err != nil || len(r.Exchanges) != 3 {
		t.Fatalf("got %+v, %v", r, err)
	}
	moved, packed, echo := r.Exchanges[0], r.Exchanges[1], r.Exchanges[2]
	if got, want := moved.Answered.Header.Get("Location"), "http://"+recording.Upstream+"/packed"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := moved.Answered.Header.Get("Set-Cookie"); got != "a=redacted-cookie-1; Path=/" {
		t.Errorf("got %q", got)
	}
	if string(packed.Answered.Body) != "plain, with " || packed.Answered.Cut || packed.Answered.Header.Get("Content-Encoding") != "" {
		t.Errorf("got %+v", packed.Answered)
	}
	if echo.Path != "/echo/a%2fb" || echo.Query != "x=%zz&y=1" || string(echo.Asked.Body) != "\x00\xff" || string(echo.Answered.Body) != "\x00\xff" {
		t.Errorf("got %+v", echo)
	}
}

// TestUnreadBodiesAreKept: plugins that look at the status only leave the body where it is.
func TestUnreadBodiesAreKept(t *testing.T) {
	recorder := recording.NewRecorder()
	address := through(t, recorder, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "accepted") })
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	deadline, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for len(recorder.Recording().Exchanges) == 0 && deadline.Err() == nil {
		runtime.Gosched()
	}
	got := recorder.Recording().Exchanges
	if len(got) != 1 || string(got[0].Answered.Body) != "accepted" || got[0].Answered.Cut {
		t.Errorf("got %+v", got)
	}
}

func TestLongBodiesAreCut(t *testing.T) {
	const secret = "the-long-secret-of-the-session"
	long := strings.Repeat(`{"a": "`+strings.Repeat("x", 1000)+`"},`, recording.MaxBodyBytes/1000)
	recorder := recording.NewRecorder()
	address := through(t, recorder, func(w http.ResponseWriter, r *http.Request) {
		// The secret is torn apart by the cut, wherever that is exactly.
		head := recording.MaxBodyBytes - 16<<10
		_, _ = io.WriteString(w, long[:head]+`"},{"token": "`+strings.Repeat(secret, 4000)+`"}`)
	})
	if status, body := fetch(t, http.DefaultClient, http.MethodGet, address+"/", nil); status != http.StatusOK || len(body) <= recording.MaxBodyBytes {
		t.Errorf("got %d and %d bytes", status, len(body))
	}
	answered := recorder.Recording().Exchanges[0].Answered
	if !answered.Cut || len(answered.Body) > recording.MaxBodyBytes || len(answered.Body) < recording.MaxBodyBytes/2 {
		t.Errorf("got %d bytes, cut=%v", len(answered.Body), answered.Cut)
	}
	if bytes.Contains(answered.Body, []byte(secret[:10])) {
		t.Error("a part of the secret is left")
	}
}

func TestBodiesShareTheirRoom(t *testing.T) {
	piece := strings.Repeat("0123456789abcde\n", recording.MaxBodyBytes/16)
	recorder := recording.NewRecorder()
	address := through(t, recorder, func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, piece) })
	const times = recording.MaxBodiesBytes/recording.MaxBodyBytes + 2
	for range times {
		fetch(t, http.DefaultClient, http.MethodGet, address+"/", nil)
	}
	r := recorder.Recording()
	total, cut := 0, 0
	for _, e := range r.Exchanges {
		total += len(e.Answered.Body)
		if e.Answered.Cut {
			cut++
		}
	}
	if len(r.Exchanges) != times || total > recording.MaxBodiesBytes || cut != 2 {
		t.Errorf("got %d exchanges with %d bytes, %d of them cut", len(r.Exchanges), total, cut)
	}
}

func exchange(method, path, query string, status int, body string) recording.Exchange {
	return recording.Exchange{
		Method: method, Path: path, Query: query, Status: status,
		Answered: recording.Content{Body: recording.Body(body), Header: http.Header{"X-Side": {"http://" + recording.Upstream}}},
	}
}

func TestReplayer(t *testing.T) {
	r := &recording.Recording{Exchanges: []recording.Exchange{
		exchange(http.MethodGet, "/a", "x=1&y=2", 200, "first from "+recording.Upstream),
		exchange(http.MethodGet, "/a", "y=2&x=1", 500, "second"),
		exchange(http.MethodGet, "/a", "since=1700000000", 200, "since then"),
		exchange(http.MethodGet, "/a", "limit=5", 200, "five"),
		exchange(http.MethodPost, "/a", "", 201, "posted"),
		exchange(http.MethodGet, "/none", "", 204, "surplus"),
		exchange(http.MethodHead, "/head", "", 200, ""),
		exchange(http.MethodGet, "/odd", "", 7, "odd"),
		exchange(http.MethodGet, "/p%2Fq", "", 200, "escaped"),
	}}
	replayer := recording.NewReplayer(r, "127.0.0.1:1")
	server := httptest.NewServer(replayer)
	t.Cleanup(server.Close)
	for _, c := range []struct {
		method, request string
		status          int
		body            string
	}{
		{http.MethodGet, "/a?y=2&x=1", 200, "first from 127.0.0.1:1"},
		{http.MethodGet, "/a?x=1&y=2", 500, "second"},
		{http.MethodGet, "/a?x=1&y=2", 500, "second"},
		{http.MethodGet, "/a?since=1800000000", 200, "since then"},
		{http.MethodGet, "/a?limit=6", 404, "this request was not recorded\n"},
		{http.MethodGet, "/a?limit=5", 200, "five"},
		{http.MethodPost, "/a", 201, "posted"},
		{http.MethodPut, "/a", 404, "this request was not recorded\n"},
		{http.MethodGet, "/none", 204, ""},
		{http.MethodHead, "/head", 200, ""},
		{http.MethodGet, "/odd", 502, ""},
		{http.MethodGet, "/p%2Fq", 200, "escaped"},
		{http.MethodGet, "/p/q", 404, "this request was not recorded\n"},
	} {
		status, body := fetch(t, http.DefaultClient, c.method, server.URL+c.request, nil)
		if status != c.status || body != c.body {
			t.Errorf("%s %s: got %d %q, want %d %q", c.method, c.request, status, body, c.status, c.body)
		}
	}
	if diff := cmp.Diff([]string{"GET /a?limit=6", "GET /p/q", "PUT /a"}, replayer.Missed()); diff != "" {
		t.Error(diff)
	}
}
