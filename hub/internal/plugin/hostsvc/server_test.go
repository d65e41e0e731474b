package hostsvc

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/pulse-hub/pulse/hub/internal/store"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// calls are all calls that can be made, by the need that each takes.
func calls(id string) map[string]map[string]func(context.Context, pluginv1.HostServiceServer) error {
	type server = pluginv1.HostServiceServer
	return map[string]map[string]func(context.Context, server) error{
		NeedKV: {
			"KvGet": func(ctx context.Context, s server) error {
				_, err := s.KvGet(ctx, &pluginv1.KvKey{InstanceId: id, Key: "k"})
				return err
			},
			"KvPut": func(ctx context.Context, s server) error {
				_, err := s.KvPut(ctx, &pluginv1.KvEntry{InstanceId: id, Key: "k"})
				return err
			},
			"KvDelete": func(ctx context.Context, s server) error {
				_, err := s.KvDelete(ctx, &pluginv1.KvKey{InstanceId: id, Key: "k"})
				return err
			},
			"KvList": func(ctx context.Context, s server) error {
				return s.KvList(&pluginv1.KvPrefix{InstanceId: id}, &collector{ctx: ctx})
			},
		},
		NeedSecrets: {"UpdateSecret": func(ctx context.Context, s server) error {
			_, err := s.UpdateSecret(ctx, &pluginv1.SecretUpdate{InstanceId: id, Path: "/token", Value: "new"})
			return err
		}},
		NeedReport: {"Report": func(ctx context.Context, s server) error {
			_, err := s.Report(ctx, healthReport(id, &pluginv1.HealthResponse{State: pluginv1.State_STATE_OK}))
			return err
		}},
	}
}

func TestWhatIsNotGrantedIsRefused(t *testing.T) {
	f := setup(t)
	for need, named := range calls("nas") {
		for name, call := range named {
			t.Run(name, func(t *testing.T) {
				refused(t, call(t.Context(), f.For(acme, nil)), codes.PermissionDenied, need)
				but := func() manifest.Needs {
					all := everything()
					for i := range all.Host {
						all.Host[i] = strings.TrimPrefix(all.Host[i], need)
					}
					return all
				}
				refused(t, call(t.Context(), f.For(acme, but)), codes.PermissionDenied, need)
				only := func() manifest.Needs { return manifest.Needs{Host: []string{need}} }
				if err := call(t.Context(), f.For(acme, only)); err != nil {
					t.Errorf("granted: %v", err)
				}
			})
		}
	}
}

func TestGrantsAreThoseOfTheMoment(t *testing.T) {
	f := setup(t)
	granted := everything()
	c := caller{HostServiceServer: f.For(acme, func() manifest.Needs { return granted }), t: t}
	c.put("", "k", "v")
	granted = manifest.Needs{}
	_, err := c.tryPut(&pluginv1.KvEntry{Key: "k"})
	refused(t, err, codes.PermissionDenied)
}

func TestInstancesOfOthersDoNotExist(t *testing.T) {
	f := setup(t)
	none, foreign := calls("none"), calls("rack")
	for need, named := range calls("nas") {
		for name := range named {
			t.Run(name, func(t *testing.T) {
				s := f.For(acme, everything)
				want, got := none[need][name](t.Context(), s), foreign[need][name](t.Context(), s)
				refused(t, want, codes.NotFound)
				if diff := cmp.Diff(want.Error(), got.Error()); diff != "" {
					t.Errorf("an instance of another plugin can be told from none (-none +other):\n%s", diff)
				}
			})
		}
	}
}

// dial returns the client of a plugin that is connected as in a process of its own.
func dial(t testing.TB, server pluginv1.HostServiceServer) pluginv1.HostServiceClient {
	t.Helper()
	listener := bufconn.Listen(1 << 16)
	host := grpc.NewServer()
	pluginv1.RegisterHostServiceServer(host, server)
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := host.Serve(listener); err != nil {
			t.Error(err)
		}
	})
	conn, err := grpc.NewClient("passthrough:///hub", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		host.Stop()
		serving.Wait()
	})
	return pluginv1.NewHostServiceClient(conn)
}

func TestOverTheWire(t *testing.T) {
	f := setup(t)
	client := dial(t, f.For(acme, func() manifest.Needs { return manifest.Needs{Host: []string{NeedKV}} }))
	ctx := t.Context()
	want := map[string]string{}
	for _, key := range []string{"a", "b", "c"} {
		want[key] = strings.Repeat(key, 200<<10)
		if _, err := client.KvPut(ctx, &pluginv1.KvEntry{InstanceId: "nas", Key: key, Value: []byte(want[key])}); err != nil {
			t.Fatal(err)
		}
	}
	stream, err := client.KvList(ctx, &pluginv1.KvPrefix{InstanceId: "nas"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for {
		entry, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got[entry.GetKey()] = string(entry.GetValue())
	}
	if !cmp.Equal(want, got) {
		t.Errorf("listed %d entries, want the %d that were put", len(got), len(want))
	}

	// A refusal by the hub must not be taken for one by the system that is looked at.
	_, err = client.UpdateSecret(ctx, &pluginv1.SecretUpdate{InstanceId: "nas", Path: "/token", Value: "v"})
	refused(t, err, codes.PermissionDenied, "secrets")
	if decision := fault.Of(err); decision.Origin != fault.OriginCaller || decision.Code != codeNotGranted || decision.Transient {
		t.Errorf("decision %+v", decision)
	}
	_, err = client.KvPut(ctx, &pluginv1.KvEntry{InstanceId: "nas", Key: "a", IfRevision: 99})
	refused(t, err, codes.Aborted)
	if decision := fault.Of(err); decision.Origin != fault.OriginPlugin || !decision.Transient {
		t.Errorf("decision %+v", decision)
	}
}

// slowReader is a plugin that opens a list and does not read on.
type slowReader struct {
	collector
	open chan struct{}
}

func (r *slowReader) Send(*pluginv1.KvEntry) error {
	<-r.open
	return nil
}

func TestListsThatAreNotReadAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t)
		c := f.as(t, acme)
		c.put("", "k", "v")
		open := make(chan struct{})
		var reading sync.WaitGroup
		for range maxLists {
			reading.Go(func() {
				if err := c.KvList(&pluginv1.KvPrefix{}, &slowReader{collector: collector{ctx: t.Context()}, open: open}); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		begun := time.Now()
		err := c.KvList(&pluginv1.KvPrefix{}, &collector{ctx: t.Context()})
		refused(t, err, codes.ResourceExhausted, "lists")
		if waited := time.Since(begun); waited != callTimeout {
			t.Errorf("waited %v, want %v", waited, callTimeout)
		}
		if got := c.get("", "k"); got != "v" {
			t.Errorf("other calls suffer: %q", got)
		}
		f.as(t, other).list("", "")
		close(open)
		reading.Wait()
		c.list("", "")
	})
}

// stuck is a store that answers no earlier than the context ends.
type stuck struct{ entered chan struct{} }

func (s stuck) View(ctx context.Context, _ func(store.Reader) error) error {
	s.entered <- struct{}{}
	<-ctx.Done()
	return ctx.Err()
}

func (s stuck) Update(ctx context.Context, _ func(store.Tx) error) error { return s.View(ctx, nil) }

func TestCallsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := over(nil)
		blocked := stuck{entered: make(chan struct{}, maxCalls+1)}
		f.Store = blocked
		c := f.as(t, acme)
		get := func(ctx context.Context) error {
			_, err := c.KvGet(ctx, &pluginv1.KvKey{Key: "k"})
			return err
		}
		var running sync.WaitGroup
		for range maxCalls - 1 {
			running.Go(func() { refused(t, get(t.Context()), codes.DeadlineExceeded) })
		}
		ctx, cancel := context.WithCancel(t.Context())
		running.Go(func() { refused(t, get(ctx), codes.Canceled) })
		synctest.Wait()
		if len(blocked.entered) != maxCalls {
			t.Errorf("%d calls go on, want %d", len(blocked.entered), maxCalls)
		}
		refused(t, get(t.Context()), codes.ResourceExhausted, "calls")
		cancel()
		synctest.Wait()
		begun := time.Now()
		running.Wait()
		if waited := time.Since(begun); waited != callTimeout {
			t.Errorf("calls took %v, want %v", waited, callTimeout)
		}
		if got := strings.Count(f.log.String(), "host service fails"); got != 1 {
			t.Errorf("logged %d times: %s", got, f.log)
		}
	})
}

func TestWritesOfAPluginComeOneAfterAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := over(nil)
		blocked := stuck{entered: make(chan struct{}, 9)}
		f.Store = blocked
		var running sync.WaitGroup
		for range 3 {
			running.Go(func() {
				_, err := f.as(t, acme).tryPut(&pluginv1.KvEntry{Key: "k"})
				if code := status.Code(err); code != codes.DeadlineExceeded && code != codes.ResourceExhausted {
					t.Errorf("got %v", err)
				}
			})
		}
		synctest.Wait()
		if len(blocked.entered) != 1 {
			t.Errorf("%d writes at once, want 1", len(blocked.entered))
		}
		running.Wait()
	})
}

func TestDamagedEntriesAreNoAnswer(t *testing.T) {
	f := setup(t)
	c := f.as(t, acme)
	c.put("", "k", "v")
	at := place{plugin: acme, key: "k"}
	for name, record := range map[string][]byte{"short": {entryFormat, 0}, "of another format": append([]byte{9}, make([]byte, entryHeader)...)} {
		if err := f.db.Put(t.Context(), store.PluginState, at.record(), record); err != nil {
			t.Fatal(err)
		}
		for _, call := range calls("")[NeedKV] {
			if err := call(t.Context(), c); status.Code(err) != codes.Unavailable {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if err := f.Forget(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	c.put("", "k", "v")
}
