package app

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPartsEndInTheOppositeOrder(t *testing.T) {
	running := newParts()
	ended := make(chan string, 3)
	for _, name := range []string{"a", "b", "c"} {
		running.start(t.Context(), name, func(ctx context.Context) error {
			<-ctx.Done()
			ended <- name
			return nil
		})
	}
	if err := running.stop(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"c", "b", "a"}, []string{<-ended, <-ended, <-ended}); diff != "" {
		t.Error(diff)
	}
}

func TestPartThatEndsByItselfIsTold(t *testing.T) {
	broken := errors.New("broken")
	for name, reason := range map[string]error{"store: broken": broken, "store: ended by itself": nil} {
		running := newParts()
		running.start(t.Context(), "store", func(context.Context) error { return reason })
		if err := <-running.failed; err.Error() != name {
			t.Errorf("told %v, want %s", err, name)
		}
	}
}

func TestStopWaitsNoLongerThanItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		running, release := newParts(), make(chan struct{})
		running.start(t.Context(), "stuck", func(context.Context) error { <-release; return nil })
		begin := time.Now()
		err := running.stop(begin.Add(30 * time.Second))
		if err == nil || !strings.Contains(err.Error(), "stuck") {
			t.Errorf("error is %v, want it to name the part", err)
		}
		if passed := time.Since(begin); passed != 30*time.Second {
			t.Errorf("stop took %s", passed)
		}
		close(release)
	})
}

func TestGateAnswersHealthBeforeTheHubIsReady(t *testing.T) {
	front := &gate{started: time.Now()}
	call := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		front.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	if w := call("/api/health"); w.Code != 200 || !strings.Contains(w.Body.String(), `"starting"`) {
		t.Errorf("health gave %d %s", w.Code, w.Body)
	}
	if w := call("/api/state"); w.Code != 503 || w.Header().Get("Retry-After") != "1" {
		t.Errorf("state gave %d %v", w.Code, w.Header())
	}
	front.open(http.NotFoundHandler())
	if w := call("/api/health"); w.Code != 404 {
		t.Errorf("an open gate answers by itself: %d", w.Code)
	}
}
