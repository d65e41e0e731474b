package hostsvc

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/store"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// The two plugins of the tests and their instances: "nas" and "cellar" are of acme, "rack" is of other.
const (
	acme  = "acme.nas"
	other = "acme.nas2"
)

// everything grants all host services.
func everything() manifest.Needs {
	return manifest.Needs{Host: []string{NeedKV, NeedSecrets, NeedReport}}
}

// fakeSecrets has two secrets for the component source/nas and masks the word "hunter2".
type fakeSecrets struct {
	during func() // called by Paths, if there is one

	mu      sync.Mutex
	renewed []instance.Instance
}

func (f *fakeSecrets) Paths(_, component string) []string {
	if f.during != nil {
		f.during()
	}
	if component != "source/nas" {
		return nil
	}
	return []string{"/password", "/token"}
}

func (f *fakeSecrets) Renewed(one instance.Instance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.renewed = append(f.renewed, one)
}

func (f *fakeSecrets) Mask(_, text string) string { return strings.ReplaceAll(text, "hunter2", "***") }

// fakeSink keeps what it is told, or fails.
type fakeSink struct {
	mu     sync.Mutex
	err    error
	health map[string][]Health // by instance
	events map[string][]resource.Event
}

func (f *fakeSink) Health(_ context.Context, of instance.Instance, health Health) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.health[of.ID] = append(f.health[of.ID], health)
	}
	return f.err
}

func (f *fakeSink) Event(_ context.Context, of instance.Instance, event resource.Event) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.events[of.ID] = append(f.events[of.ID], event)
	}
	return f.err
}

// fixture is a service over a store in a folder of its own.
type fixture struct {
	*Service
	db        *store.DB
	instances *instance.Repository
	secrets   *fakeSecrets
	sink      *fakeSink
	log       *bytes.Buffer
}

func openStore(t testing.TB, dir string) *store.DB {
	t.Helper()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// setup returns a service and puts the instances into its store.
func setup(t testing.TB) *fixture {
	t.Helper()
	f := over(openStore(t, t.TempDir()))
	for id, plugin := range map[string]string{"nas": acme, "cellar": acme, "rack": other} {
		f.addInstance(t, id, plugin)
	}
	return f
}

func over(db *store.DB) *fixture {
	f := &fixture{
		db: db, instances: instance.NewRepository(db), secrets: &fakeSecrets{}, log: &bytes.Buffer{},
		sink: &fakeSink{health: map[string][]Health{}, events: map[string][]resource.Event{}},
	}
	f.Service = New(Options{
		Store: db, Secrets: f.secrets, Sink: f.sink,
		Logger: hclog.New(&hclog.LoggerOptions{Output: f.log, Level: hclog.Debug}),
	})
	return f
}

func (f *fixture) addInstance(t testing.TB, id, plugin string) {
	t.Helper()
	_, err := f.instances.Put(t.Context(), instance.Instance{
		ID: id, Plugin: plugin, Component: "source/nas", Name: "my " + id, Config: []byte(`{"url":"https://10.0.0.1"}`),
		Secrets: map[string]string{"/password": "first", "/token": "old"}, Enabled: true,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// as returns what the plugin sees, with everything granted.
func (f *fixture) as(t testing.TB, plugin string) caller {
	return caller{HostServiceServer: f.For(plugin, everything), t: t}
}

// caller makes calls that a plugin makes.
type caller struct {
	pluginv1.HostServiceServer
	t testing.TB
}

func (c caller) put(instanceID, key, value string) uint64 {
	c.t.Helper()
	revision, err := c.tryPut(&pluginv1.KvEntry{InstanceId: instanceID, Key: key, Value: []byte(value)})
	if err != nil {
		c.t.Fatalf("put %q: %v", key, err)
	}
	return revision
}

func (c caller) putFor(instanceID, key, value string, ttl time.Duration) {
	c.t.Helper()
	entry := &pluginv1.KvEntry{InstanceId: instanceID, Key: key, Value: []byte(value), Ttl: durationpb.New(ttl)}
	if _, err := c.tryPut(entry); err != nil {
		c.t.Fatalf("put %q: %v", key, err)
	}
}

func (c caller) tryPut(entry *pluginv1.KvEntry) (uint64, error) {
	ack, err := c.KvPut(c.t.Context(), entry)
	return ack.GetRevision(), err
}

// get returns the value and "-" if there is none.
func (c caller) get(instanceID, key string) string {
	c.t.Helper()
	value, err := c.KvGet(c.t.Context(), &pluginv1.KvKey{InstanceId: instanceID, Key: key})
	if err != nil {
		c.t.Fatalf("get %q: %v", key, err)
	}
	if !value.GetFound() {
		return "-"
	}
	return string(value.GetValue())
}

func (c caller) remove(instanceID, key string) {
	c.t.Helper()
	ack, err := c.KvDelete(c.t.Context(), &pluginv1.KvKey{InstanceId: instanceID, Key: key})
	if err != nil || ack.GetRevision() != 0 {
		c.t.Fatalf("delete %q: revision %d, error %v", key, ack.GetRevision(), err)
	}
}

// list returns "key=value" of what begins with the prefix.
func (c caller) list(instanceID, prefix string) []string {
	c.t.Helper()
	stream := &collector{ctx: c.t.Context()}
	if err := c.KvList(&pluginv1.KvPrefix{InstanceId: instanceID, Prefix: prefix}, stream); err != nil {
		c.t.Fatalf("list %q: %v", prefix, err)
	}
	var found []string
	for _, entry := range stream.sent {
		found = append(found, entry.GetKey()+"="+string(entry.GetValue()))
	}
	return found
}

// collector is the hub's end of a stream that keeps what is sent.
type collector struct {
	grpc.ServerStream
	ctx  context.Context
	sent []*pluginv1.KvEntry
}

func (c *collector) Context() context.Context { return c.ctx }

func (c *collector) Send(entry *pluginv1.KvEntry) error {
	c.sent = append(c.sent, entry)
	return nil
}

// ledgerOf returns the ledger and fails if it is not what the entries add up to.
func (f *fixture) ledgerOf(t testing.TB, plugin string) ledger {
	t.Helper()
	var known, counted ledger
	err := f.db.View(t.Context(), func(reader store.Reader) (err error) {
		if known, err = readLedger(t.Context(), reader, plugin); err != nil {
			return err
		}
		records, err := reader.List(t.Context(), store.PluginState, plugins(plugin))
		for _, record := range records {
			at, ok := placeOf(record.Key)
			stored, err := decodeEntry(record.Value)
			if !ok || err != nil {
				return errors.Join(err, errors.New("no entry: "+record.Key))
			}
			counted.add(at, stored)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	counted.Revision = known.Revision
	if known != counted {
		t.Errorf("ledger of %s says %+v, there are %+v", plugin, known, counted)
	}
	return known
}

// refused fails unless the error has the code and says all of the words.
func refused(t testing.TB, err error, code codes.Code, words ...string) {
	t.Helper()
	if status.Code(err) != code {
		t.Errorf("got %v, want %v", err, code)
		return
	}
	for _, word := range words {
		if err != nil && !strings.Contains(err.Error(), word) {
			t.Errorf("error %q does not say %q", err, word)
		}
	}
}
