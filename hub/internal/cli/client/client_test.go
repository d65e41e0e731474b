package client

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestErrorsSayWhatIsWrong(t *testing.T) {
	const token = "very-secret-token"
	tests := []struct {
		name, body string
		status     int
		is         error
		want       string
	}{
		{"problem", `{"detail":"it has instances","code":"in_use"}`, http.StatusConflict, nil, "it has instances"},
		{"fields", `{"detail":"not valid","errors":[{"field":"/port","message":"is too big"}]}`, http.StatusUnprocessableEntity, nil, "not valid\n  /port: is too big"},
		{"no problem document", `<html>`, http.StatusBadGateway, nil, "the hub answers 502 Bad Gateway"},
		{"token refused", `{"detail":"unknown token"}`, http.StatusUnauthorized, ErrDenied, "unknown token"},
		{"not JSON", `<html>`, http.StatusOK, ErrAnswer, "not one of a hub"},
		{"redirect", ``, http.StatusFound, nil, "302"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "http://elsewhere.example/")
				w.WriteHeader(tt.status)
				w.Write([]byte(tt.body))
			}))
			t.Cleanup(server.Close)
			hub, err := Remote(server.URL, token)
			if err != nil {
				t.Fatal(err)
			}
			_, err = hub.Plugins(t.Context())
			if err == nil || !strings.Contains(err.Error(), tt.want) || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("got %v, want %v with %q", err, tt.is, tt.want)
			}
			if strings.Contains(err.Error(), token) || strings.Contains(err.Error(), server.URL) {
				t.Errorf("the error tells too much: %v", err)
			}
		})
	}
}

func TestNoHub(t *testing.T) {
	if _, err := Local(filepath.Join(t.TempDir(), "none.sock")).Plugins(t.Context()); !errors.Is(err, ErrNoHub) {
		t.Errorf("got %v, want ErrNoHub", err)
	}
	for _, address := range []string{"", "pulse", "ftp://x", "http://", "http://%zz"} {
		if _, err := Remote(address, ""); err == nil {
			t.Errorf("%q was taken for a URL", address)
		}
	}
}

func TestCancelledCallSaysWhy(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel(reason)
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	hub, err := Remote(server.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hub.Plugins(ctx); !errors.Is(err, reason) {
		t.Errorf("got %v, want %v", err, reason)
	}
}

func TestReadEvents(t *testing.T) {
	var got []string
	err := readEvents(strings.NewReader(": comment\n\ndata: one\n\nid: 3\ndata:two\ndata: lines\n\nevent: x\n\ndata: cut off"), func(data string) error {
		got = append(got, data)
		return nil
	})
	if diff := cmp.Diff([]string{"one", "two\nlines"}, got); diff != "" || !errors.Is(err, ErrStreamEnded) {
		t.Errorf("got %v\n%s", err, diff)
	}
}

func FuzzReadEvents(f *testing.F) {
	f.Add("data: {}\n\n")
	f.Add("data:a\ndata:b\n\n:c\r\n\r\n")
	f.Fuzz(func(t *testing.T, stream string) {
		total := 0
		_ = readEvents(strings.NewReader(stream), func(data string) error {
			total += len(data)
			return nil
		})
		if total > len(stream) {
			t.Errorf("%d bytes of %d", total, len(stream))
		}
	})
}
