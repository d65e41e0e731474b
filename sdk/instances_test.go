package sdk

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/resource"
	"github.com/pulse-hub/pulse/sdk/secret"
)

type closing struct{ times atomic.Int64 }

func (c *closing) Close() { c.times.Add(1) }

func (c *closing) closed() int64 { return c.times.Load() }

func TestReplacedInstanceIsClosedAfterDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, first, second := newInstances(), &closing{}, &closing{}
		if err := set.put(&instance{id: "a", value: first}); err != nil {
			t.Fatal(err)
		}
		if err := set.put(&instance{id: "a", value: second, revision: 1}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(closeDelay - time.Millisecond) // the clock is synctest's
		synctest.Wait()
		if first.closed() != 0 {
			t.Error("closed too early")
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if first.closed() != 1 || second.closed() != 0 {
			t.Errorf("closed %d and %d times, want 1 and 0", first.closed(), second.closed())
		}
		set.close()
		set.close()
		if first.closed() != 1 || second.closed() != 1 {
			t.Errorf("closed %d and %d times, want 1 and 1", first.closed(), second.closed())
		}
		if err := set.put(&instance{id: "b"}); status.Code(err) != codes.Unavailable {
			t.Errorf("put after close: got %v", err)
		}
	})
}

func TestCloseDoesNotWaitForTheDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, value, start := newInstances(), &closing{}, time.Now()
		if err := set.put(&instance{id: "a", value: value}); err != nil {
			t.Fatal(err)
		}
		set.remove("a")
		set.remove("a")
		set.close()
		if value.closed() != 1 || time.Since(start) != 0 {
			t.Errorf("closed %d times after %s, want once at once", value.closed(), time.Since(start))
		}
	})
}

func TestInstancesAreBounded(t *testing.T) {
	set := newInstances()
	for i := range maxInstances {
		if err := set.put(&instance{id: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := set.put(&instance{id: "more"}); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("got %v, want ResourceExhausted", err)
	}
	if err := set.put(&instance{id: "1", revision: 1}); err != nil {
		t.Errorf("replacing one: %v", err)
	}
}

func chunksOf(t *testing.T, s *Snapshot) []*pluginv1.CollectChunk {
	t.Helper()
	var chunks []*pluginv1.CollectChunk
	err := s.send(func(c *pluginv1.CollectChunk) error {
		chunks = append(chunks, c)
		return nil
	}, secret.Redactor{})
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range chunks {
		if c.GetLast() != (i == len(chunks)-1) {
			t.Errorf("chunk %d of %d says last=%v", i, len(chunks), c.GetLast())
		}
	}
	return chunks
}

func TestSnapshotChunks(t *testing.T) {
	t.Run("empty", func(t *testing.T) {
		if chunks := chunksOf(t, newSnapshot("main", 0)); len(chunks) != 1 || !chunks[0].GetFull() {
			t.Errorf("got %v", chunks)
		}
	})
	t.Run("by size", func(t *testing.T) {
		s := newSnapshot("main", 0)
		for i := range 5 {
			s.Add("big", fmt.Sprint(i), strings.Repeat("x", 600<<10), Running)
		}
		if chunks := chunksOf(t, s); len(chunks) != 5 {
			t.Errorf("got %d chunks, want 5", len(chunks))
		}
	})
	t.Run("too large for a message", func(t *testing.T) {
		s := newSnapshot("main", 0)
		s.Add("big", "1", strings.Repeat("x", 9<<20), Running)
		err := s.send(func(*pluginv1.CollectChunk) error { return nil }, secret.Redactor{})
		if fault.Of(err).Origin != fault.OriginPlugin {
			t.Errorf("got %v", err)
		}
	})
	t.Run("broken stream", func(t *testing.T) {
		broken := errors.New("broken")
		if err := newSnapshot("main", 0).send(func(*pluginv1.CollectChunk) error { return broken }, secret.Redactor{}); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	})
}

func TestSnapshotOverflow(t *testing.T) {
	s := newSnapshot("main", 0)
	for i := range maxResources + 1 {
		s.Put(resource.Resource{ID: fmt.Sprint(i)})
	}
	err := s.send(func(*pluginv1.CollectChunk) error { return nil }, secret.Redactor{})
	if fault.Of(err).Code != "too-many" {
		t.Errorf("got %v", err)
	}
}

func TestSnapshotIDs(t *testing.T) {
	s := newSnapshot("main", 0)
	s.Add("vm", "a", "first", Running)
	s.Add("vm", "", "nameless", Running)
	s.Add("vm", "b", "other", Running)
	s.Add("vm", "a", "second", Running)
	var names []string
	for _, r := range s.Resources() {
		names = append(names, r.Name)
	}
	if !slices.Equal(names, []string{"second", "other"}) {
		t.Errorf("got %v", names)
	}
	if problems := s.Problems(); len(problems) != 1 || problems[0].Code != "invalid-resource" {
		t.Errorf("problems are %v", problems)
	}
}

func TestCheckResponse(t *testing.T) {
	for _, test := range []struct {
		code       int
		retryAfter string
		want       fault.Error
	}{
		{401, "", fault.Error{Code: fault.CodeAuth}},
		{404, "", fault.Error{Code: fault.CodeRejected}},
		{429, "120", fault.Error{Code: fault.CodeRateLimited, Transient: true, RetryAfter: 2 * time.Minute}},
		{503, "-5", fault.Error{Code: fault.CodeRateLimited, Transient: true}},
		{503, "16000000", fault.Error{Code: fault.CodeRateLimited, Transient: true, RetryAfter: maxRetryAfter}},
		{500, "", fault.Error{Transient: true}},
	} {
		got := fault.Of(CheckResponse(&http.Response{
			StatusCode: test.code, Body: http.NoBody, Header: http.Header{"Retry-After": {test.retryAfter}},
		}))
		if got.Code != test.want.Code || got.Transient != test.want.Transient || got.RetryAfter != test.want.RetryAfter {
			t.Errorf("%d: got %+v", test.code, got)
		}
	}
	if err := CheckResponse(&http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody}); err != nil {
		t.Errorf("204: got %v", err)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	header := http.Header{"Retry-After": {now.Add(time.Hour).Format(http.TimeFormat)}}
	if got := retryAfter(header, now); got != time.Hour {
		t.Errorf("date: got %s", got)
	}
}
