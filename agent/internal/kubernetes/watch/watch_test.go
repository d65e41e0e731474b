package watch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/apiclient"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/kubeconfig"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/kubetest"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/object"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/watch"
)

// names is a sink that keeps names.
type names struct {
	mu           sync.Mutex
	staged, list map[string]bool
}

func (n *names) Begin()             { n.staged = map[string]bool{} }
func (n *names) List(o *object.Pod) { n.staged[o.Metadata.Name] = true }
func (n *names) Commit() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list, n.staged = n.staged, nil
}

func (n *names) Put(o *object.Pod) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list[o.Metadata.Name] = true
}

func (n *names) Remove(o *object.Pod) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.list, o.Metadata.Name)
}

func (n *names) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var list []string
	for name := range n.list {
		list = append(list, name)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

const path = "/api/v1/pods"

type follower = watch.Follower

func pod(name string) kubetest.Object {
	return kubetest.Object{"metadata": kubetest.Object{"name": name, "namespace": "ns"}}
}

// follow returns a follower of the pods of a server, which runs until the test ends.
func follow(t *testing.T, server *kubetest.Server) (*follower, *names) {
	t.Helper()
	client, err := apiclient.Open(kubeconfig.Access{Server: server.URL}, "")
	if err != nil {
		t.Fatal(err)
	}
	sink := &names{}
	subject := watch.NewFollower[object.Pod](client, watch.Collection{Path: path}, sink)
	run(t, subject)
	return subject, sink
}

func run(t *testing.T, subject *follower) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- subject.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline.C:
			t.Fatalf("%s did not come true", what)
		case <-tick.C:
		}
	}
}

func list(t *testing.T, subject *follower) {
	t.Helper()
	if _, err := subject.List(t.Context()); err != nil {
		t.Fatalf("List: %v", err)
	}
}

func TestListIsPaged(t *testing.T) {
	server := kubetest.New(t)
	for i := range 1100 {
		server.Put(path, pod(fmt.Sprintf("p%04d", i)))
	}
	subject, sink := follow(t, server)
	list(t, subject)
	if got := strings.Count(sink.String(), "p"); got != 1100 || server.Seen("list", path) != 3 {
		t.Errorf("%d pods in %d pages", got, server.Seen("list", path))
	}
}

func TestChangesArriveAndABrokenWatchIsTakenUp(t *testing.T) {
	server := kubetest.New(t)
	server.Put(path, pod("a"))
	subject, sink := follow(t, server)
	if subject.Fresh() {
		t.Error("fresh before the first list")
	}
	list(t, subject)
	eventually(t, "fresh", subject.Fresh)
	server.Put(path, pod("b"))
	eventually(t, "b", func() bool { return sink.String() == "a b" })
	server.CutWatches()
	server.Put(path, pod("c"))
	server.Delete(path, "ns", "a")
	eventually(t, "what happened in between", func() bool { return sink.String() == "b c" })
	eventually(t, "fresh again", subject.Fresh)
	if got := server.Seen("list", path); got != 1 {
		t.Errorf("%d lists, want 1", got)
	}
}

func TestListDuringAWatchTakesItsPlace(t *testing.T) {
	server := kubetest.New(t)
	subject, sink := follow(t, server)
	for i := range 20 {
		list(t, subject)
		eventually(t, "fresh", subject.Fresh)
		server.Put(path, pod(fmt.Sprintf("p%02d", i)))
		eventually(t, "the pod", func() bool { return strings.Count(sink.String(), "p") == i+1 })
	}
}

func TestVersionThatIsGoneNeedsAList(t *testing.T) {
	server := kubetest.New(t)
	subject, sink := follow(t, server)
	list(t, subject)
	eventually(t, "fresh", subject.Fresh)
	server.Put("/api/v1/nodes", pod("n"))
	server.Compact()
	server.CutWatches()
	eventually(t, "not fresh", func() bool { return !subject.Fresh() && server.Seen("watch", path) == 2 })
	server.Put(path, pod("late"))
	list(t, subject)
	eventually(t, "fresh after a list", subject.Fresh)
	if sink.String() != "late" {
		t.Errorf("pods %q", sink)
	}
}

func TestForbiddenWatchIsNotTriedForAWhile(t *testing.T) {
	for _, status := range []int{http.StatusForbidden, http.StatusMethodNotAllowed} {
		server := kubetest.New(t)
		server.Refuse("watch", path, status)
		subject, _ := follow(t, server)
		list(t, subject)
		eventually(t, "the try", func() bool { return server.Seen("watch", path) == 1 })
		for range 3 {
			list(t, subject)
		}
		if server.Seen("watch", path) != 1 || subject.Fresh() {
			t.Errorf("%d: %d watches, fresh %v", status, server.Seen("watch", path), subject.Fresh())
		}
	}
}

func TestFailedListChangesNothing(t *testing.T) {
	server := kubetest.New(t)
	server.Put(path, pod("a"))
	subject, sink := follow(t, server)
	list(t, subject)
	server.Refuse("list", path, http.StatusInternalServerError)
	if _, err := subject.List(t.Context()); err == nil || subject.Fresh() || sink.String() != "a" {
		t.Errorf("List = %v, fresh %v, pods %q", err, subject.Fresh(), sink)
	}
}

func TestSlowServerEndsWithTheContext(t *testing.T) {
	server := kubetest.New(t)
	subject, _ := follow(t, server)
	server.Pause()
	cause := errors.New("no time left")
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := subject.List(ctx)
		done <- err
	}()
	eventually(t, "the request", func() bool { return server.Seen("list", path) == 1 })
	cancel(cause)
	if err := <-done; !errors.Is(err, cause) {
		t.Errorf("List = %v, want %v", err, cause)
	}
}

// script is an API server that answers each request with the next text.
type script struct {
	mu      sync.Mutex
	answers []any // a text, an error, or a reader
	asked   []string
	at      []time.Time
}

func (s *script) Get(_ context.Context, request apiclient.Request) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, request.Query.Encode())
	s.at = append(s.at, time.Now())
	if len(s.answers) == 0 {
		return nil, errors.New("nothing more to say")
	}
	next := s.answers[0]
	s.answers = s.answers[1:]
	switch next := next.(type) {
	case error:
		return nil, next
	case io.Reader:
		return io.NopCloser(next), nil
	}
	return io.NopCloser(strings.NewReader(next.(string))), nil
}

func TestAnswers(t *testing.T) {
	tests := []struct {
		name    string
		answer  any
		want    string
		skipped int
		err     error
	}{
		{"list", `{"kind":"PodList","metadata":{"resourceVersion":"5"},"items":[{"metadata":{"name":"a"}}]}`, "a", 0, nil},
		{"order does not matter", `{"items":[{"metadata":{"name":"a"}}],"other":[{"x":1}],"metadata":{"resourceVersion":"5"}}`, "a", 0, nil},
		{"nothing", `{"metadata":{},"items":null}`, "", 0, nil},
		{"objects that cannot be read", `{"items":[{"metadata":{"name":7}},{"metadata":{"name":"a"}},"x",{"metadata":{"name":"b","creationTimestamp":"noon"}},null]}`, " a", 3, nil},
		{"cut", `{"items":[{"metadata":{"name":"a"}},`, "", 0, io.EOF},
		{"cut in an object", `{"items":[{"metadata":{"na`, "", 0, io.ErrUnexpectedEOF},
		{"cut behind the objects", `{"items":[{"metadata":{"name":"a"}}]`, "", 0, io.EOF},
		{"no list", `[]`, "", 0, watch.ErrAnswer},
		{"no array", `{"items":{}}`, "", 0, watch.ErrAnswer},
		{"one object without an end", io.MultiReader(strings.NewReader(`{"items":[{"metadata":{"name":"`), endless{}), "", 0, watch.ErrOversized},
		{"something else without an end", io.MultiReader(strings.NewReader(`{"other":"`), endless{}), "", 0, watch.ErrOversized},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sink := &names{list: map[string]bool{}}
			subject := watch.NewFollower[object.Pod](&script{answers: []any{test.answer}}, watch.Collection{Path: path}, sink)
			skipped, err := subject.List(t.Context())
			if !errors.Is(err, test.err) || skipped != test.skipped || sink.String() != test.want {
				t.Errorf("%q, %d skipped, %v; want %q, %d, %v", sink, skipped, err, test.want, test.skipped, test.err)
			}
		})
	}
}

// endless is a text that never ends.
type endless struct{}

func (endless) Read(buffer []byte) (int, error) {
	for i := range buffer {
		buffer[i] = 'x'
	}
	return len(buffer), nil
}

func TestPagesThatExpireAreAskedForAtOnce(t *testing.T) {
	gone := &apiclient.StatusError{Code: http.StatusGone}
	page := `{"metadata":{"resourceVersion":"5","continue":"next"},"items":[{"metadata":{"name":"a"}}]}`
	whole := `{"metadata":{"resourceVersion":"9"},"items":[{"metadata":{"name":"b"}}]}`
	server := &script{answers: []any{page, gone, whole}}
	sink := &names{}
	subject := watch.NewFollower[object.Pod](server, watch.Collection{Path: path, FieldSelector: "x=y"}, sink)
	list(t, subject)
	want := []string{"fieldSelector=x%3Dy&limit=500", "continue=next&fieldSelector=x%3Dy&limit=500", "fieldSelector=x%3Dy"}
	if diff := cmp.Diff(want, server.asked); diff != "" || sink.String() != "b" {
		t.Errorf("pods %q, questions (-want +got):\n%s", sink, diff)
	}
}

// TestWatchEvents says what each event does, where the next watch starts, and that pauses grow.
func TestWatchEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		event := func(kind, name, version string) string {
			return `{"type":"` + kind + `","object":{"metadata":{"name":"` + name + `","resourceVersion":"` + version + `"}}}` + "\n"
		}
		server := &script{answers: []any{
			`{"metadata":{"resourceVersion":"5"},"items":[{"metadata":{"name":"a"}}]}`,
			event("ADDED", "b", "6") + event("MODIFIED", "b", "7") + event("DELETED", "a", "8") + `{"type":"MODIFIED","object":{"metadata":7}}`,
			event("BOOKMARK", "", "20"),
			errors.New("connection refused"),
			`{"type":"ERROR","object":{"code":500}}`,
			event("ADDED", "c", "21") + `{"type":"ERROR","object":{"kind":"Status","code":410}}`,
		}}
		sink := &names{}
		subject := watch.NewFollower[object.Pod](server, watch.Collection{Path: path}, sink)
		run(t, subject)
		list(t, subject)
		time.Sleep(5 * time.Minute) // the bubble's clock
		if sink.String() != "b c" || subject.Fresh() {
			t.Errorf("pods %q, fresh %v", sink, subject.Fresh())
		}
		var from []string
		for _, question := range server.asked[1:] {
			_, version, _ := strings.Cut(question, "resourceVersion=")
			version, _, _ = strings.Cut(version, "&")
			from = append(from, version)
		}
		if diff := cmp.Diff([]string{"5", "8", "20", "20", "20"}, from); diff != "" {
			t.Errorf("watches from (-want +got):\n%s", diff)
		}
		for i := 2; i < len(server.at)-1; i++ {
			longest := time.Second << (i - 2)
			if pause := server.at[i].Sub(server.at[i-1]); pause < longest/2 || pause > longest {
				t.Errorf("pause %d is %s, want up to %s", i, pause, longest)
			}
		}
	})
}

func TestPartialObjectsAreAskedFor(t *testing.T) {
	asked := make(chan string, 4)
	client := getter(func(request apiclient.Request) string {
		asked <- request.Accept
		return `{"items":[]}`
	})
	if _, err := watch.Each(t.Context(), client, watch.Collection{Path: path, Partial: true}, func(*object.Object) {}); err != nil {
		t.Fatal(err)
	}
	if got := <-asked; !strings.HasPrefix(got, "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1") {
		t.Errorf("accepts %q", got)
	}
}

type getter func(apiclient.Request) string

func (g getter) Get(_ context.Context, request apiclient.Request) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(g(request))), nil
}

func FuzzList(f *testing.F) {
	f.Add(`{"kind":"PodList","metadata":{"resourceVersion":"5"},"items":[{"metadata":{"name":"a","labels":{"x":"y"}},"status":{"startTime":"2026-01-01T00:00:00Z"}}]}`)
	f.Add(`{"items":[1,"x",null,{}],"metadata":7}`)
	f.Add(`{"items":null}`)
	f.Fuzz(func(t *testing.T, answer string) {
		took := 0
		client := &script{answers: []any{answer}}
		listing, err := watch.Each(t.Context(), client, watch.Collection{Path: path}, func(*object.Pod) { took++ })
		if err == nil && took+listing.Skipped > len(answer) {
			t.Errorf("%d objects and %d that cannot be read in %q", took, listing.Skipped, answer)
		}
	})
}
