package outward

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

func client(t testing.TB) *Client {
	t.Helper()
	c := NewClient(guard(t, "127.0.0.1", nil))
	t.Cleanup(c.Close)
	return c
}

func serve(t testing.TB, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// echo answers with what it was asked.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	user, _, _ := r.BasicAuth()
	fmt.Fprintf(w, "%s %s key=%s all=%s user=%s body=%s", r.Method, r.URL.Path, r.Header.Get("X-Key"), r.Header.Get("X-All"), user, body)
}

func TestRedirectsKeepTheMessage(t *testing.T) {
	elsewhere := serve(t, echo)
	here := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if code, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/")); err == nil {
			http.Redirect(w, r, r.URL.Query().Get("to")+"/end", code)
			return
		}
		echo(w, r)
	})
	for _, tt := range []struct {
		code     int
		to, want string
	}{
		{301, "", "POST /end key=k all=a user=me body=hello"},
		{302, "", "POST /end key=k all=a user=me body=hello"},
		{303, "", "GET /end key=k all=a user=me body="},
		{307, "", "POST /end key=k all=a user=me body=hello"},
		{308, "", "POST /end key=k all=a user=me body=hello"},
		{307, elsewhere, "POST /end key= all=a user= body=hello"},
		{302, elsewhere, "POST /end key= all=a user= body=hello"},
	} {
		target := parse(t, fmt.Sprintf("%s/%d?to=%s", strings.Replace(here, "//", "//me:pw@", 1), tt.code, tt.to))
		header := http.Header{"X-Key": {"k"}, "X-All": {"a"}}
		answer, err := client(t).Do(t.Context(), Request{
			Method: http.MethodPost, URL: target, Header: header, Body: []byte("hello"), OnlyHere: []string{"X-Key"},
		})
		if err != nil || string(answer.Body) != tt.want {
			t.Errorf("%d to %q: got %q, %v", tt.code, tt.to, answer.Body, err)
		}
		if header.Get("X-Key") != "k" {
			t.Error("the caller's header was changed")
		}
	}
}

func TestRedirectsThatAreNotFollowed(t *testing.T) {
	for name, tt := range map[string]struct {
		location string
		want     error
	}{
		"private":            {"http://10.0.0.1/", ErrRefused},
		"metadata":           {"http://169.254.169.254/latest", ErrRefused},
		"another loopback":   {"http://127.0.0.2/", ErrRefused},
		"this machine":       {"http://0.0.0.0/", ErrRefused},
		"mapped":             {"http://[::ffff:10.0.0.1]/", ErrRefused},
		"file":               {"file:///etc/passwd", ErrRefused},
		"for ever":           {"/again", ErrRedirects},
		"what makes no URL ": {"http://[", ErrRedirects},
	} {
		asked := 0
		address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			asked++
			w.Header().Set("Location", tt.location)
			w.WriteHeader(http.StatusTemporaryRedirect)
		})
		_, err := client(t).Do(t.Context(), Request{Method: http.MethodPost, URL: parse(t, address)})
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v", name, err)
		}
		if errors.Is(tt.want, ErrRefused) && asked != 1 || asked > MaxRedirects+1 {
			t.Errorf("%s: %d requests", name, asked)
		}
	}
}

func TestEncryptionIsNotGivenUp(t *testing.T) {
	r := Request{URL: parse(t, "https://hooks.example.com/x")}
	if err := r.follow(http.StatusTemporaryRedirect, "http://hooks.example.com/x"); !errors.Is(err, ErrRedirects) {
		t.Errorf("got %v", err)
	}
}

func TestAnswersAreReadUpToABound(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for range 3 {
			_, _ = io.WriteString(w, strings.Repeat("x", MaxAnswer))
		}
	})
	answer, err := client(t).Do(t.Context(), Request{Method: http.MethodGet, URL: parse(t, address)})
	if err != nil || len(answer.Body) != MaxAnswer {
		t.Errorf("%d bytes, %v", len(answer.Body), err)
	}
}

func TestErrorsHoldNoURL(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := client(t).Do(t.Context(), Request{Method: http.MethodGet, URL: parse(t, server.URL+"/secret?token=secret")})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
}

func TestTheCauseOfACancelIsTold(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("it takes too long")
	address := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel(cause)
		<-r.Context().Done()
	})
	if _, err := client(t).Do(ctx, Request{Method: http.MethodGet, URL: parse(t, address)}); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}
