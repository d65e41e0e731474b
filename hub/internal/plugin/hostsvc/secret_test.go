package hostsvc

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/store"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

func TestUpdateSecret(t *testing.T) {
	f := setup(t)
	before, err := f.instances.Get(t.Context(), "nas")
	if err != nil {
		t.Fatal(err)
	}
	want := before
	want.Secrets = map[string]string{"/password": "first", "/token": "renewed"}

	for range 2 { // the second time there is nothing to tell
		ack, err := f.as(t, acme).UpdateSecret(t.Context(), &pluginv1.SecretUpdate{InstanceId: "nas", Path: "/token", Value: "renewed"})
		if err != nil || ack.GetRevision() != before.Revision {
			t.Fatalf("revision %d, error %v, want %d", ack.GetRevision(), err, before.Revision)
		}
	}
	got, err := f.instances.Get(t.Context(), "nas")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]instance.Instance{want}, f.secrets.renewed); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

func TestUpdateSecretOfAnInstanceWithoutSecrets(t *testing.T) {
	f := setup(t)
	bare := instance.Instance{ID: "bare", Plugin: acme, Component: "source/nas"}
	if _, err := f.instances.Put(t.Context(), bare); err != nil {
		t.Fatal(err)
	}
	if _, err := f.as(t, acme).UpdateSecret(t.Context(), &pluginv1.SecretUpdate{InstanceId: "bare", Path: "/token", Value: "v"}); err != nil {
		t.Fatal(err)
	}
	got, err := f.instances.Get(t.Context(), "bare")
	if err != nil || got.Secrets["/token"] != "v" || got.Revision != 1 {
		t.Errorf("revision %d, secrets %v, error %v", got.Revision, got.Secrets, err)
	}
}

func TestUpdateSecretIsChecked(t *testing.T) {
	f := setup(t)
	other := instance.Instance{ID: "mail", Plugin: acme, Component: "notifier/mail", Secrets: map[string]string{"/token": "old"}}
	if _, err := f.instances.Put(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		update *pluginv1.SecretUpdate
		code   codes.Code
		word   string
	}{
		"no instance":            {&pluginv1.SecretUpdate{Path: "/token", Value: "v"}, codes.InvalidArgument, "instance_id"},
		"unknown instance":       {&pluginv1.SecretUpdate{InstanceId: "none", Path: "/token", Value: "v"}, codes.NotFound, "no such instance"},
		"of another plugin":      {&pluginv1.SecretUpdate{InstanceId: "rack", Path: "/token", Value: "v"}, codes.NotFound, "no such instance"},
		"no path":                {&pluginv1.SecretUpdate{InstanceId: "nas", Value: "v"}, codes.InvalidArgument, "path"},
		"no secret":              {&pluginv1.SecretUpdate{InstanceId: "nas", Path: "/url", Value: "v"}, codes.InvalidArgument, "path"},
		"of another component":   {&pluginv1.SecretUpdate{InstanceId: "mail", Path: "/token", Value: "v"}, codes.InvalidArgument, "path"},
		"no value":               {&pluginv1.SecretUpdate{InstanceId: "nas", Path: "/token"}, codes.InvalidArgument, "value"},
		"long value":             {&pluginv1.SecretUpdate{InstanceId: "nas", Path: "/token", Value: strings.Repeat("v", MaxSecretBytes+1)}, codes.InvalidArgument, "value"},
		"value that is no text":  {&pluginv1.SecretUpdate{InstanceId: "nas", Path: "/token", Value: "\xff"}, codes.InvalidArgument, "value"},
		"pointer to an ancestor": {&pluginv1.SecretUpdate{InstanceId: "nas", Path: "/", Value: "v"}, codes.InvalidArgument, "path"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := f.as(t, acme).UpdateSecret(t.Context(), test.update)
			refused(t, err, test.code, test.word)
		})
	}
	if len(f.secrets.renewed) != 0 {
		t.Errorf("told of %v", f.secrets.renewed)
	}
}

// TestInstanceThatBecomesAnotherMeanwhile has the path be looked up for a component that is no more at the write.
func TestInstanceThatBecomesAnotherMeanwhile(t *testing.T) {
	f := setup(t)
	f.secrets.during = func() {
		other := instance.Instance{ID: "nas", Plugin: acme, Component: "notifier/mail", Secrets: map[string]string{"/token": "old"}}
		if _, err := f.instances.Put(t.Context(), other); err != nil {
			t.Error(err)
		}
	}
	_, err := f.as(t, acme).UpdateSecret(t.Context(), &pluginv1.SecretUpdate{InstanceId: "nas", Path: "/token", Value: "v"})
	refused(t, err, codes.NotFound)
	if got, err := f.instances.Get(t.Context(), "nas"); err != nil || got.Secrets["/token"] != "old" {
		t.Errorf("secrets %v, error %v", got.Secrets, err)
	}
}

// TestSecretsAreToldInTheOrderOfTheWrites has the last one told be the one that is stored.
func TestSecretsAreToldInTheOrderOfTheWrites(t *testing.T) {
	f := setup(t)
	var running sync.WaitGroup
	for i := range 8 {
		c := f.as(t, acme)
		path := []string{"/token", "/password"}[i%2]
		running.Go(func() {
			update := &pluginv1.SecretUpdate{InstanceId: "nas", Path: path, Value: fmt.Sprint("value ", i)}
			if _, err := c.UpdateSecret(t.Context(), update); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	stored, err := f.instances.Get(t.Context(), "nas")
	if err != nil {
		t.Fatal(err)
	}
	if len(f.secrets.renewed) != 8 {
		t.Fatalf("told %d times, want 8", len(f.secrets.renewed))
	}
	if diff := cmp.Diff(stored, f.secrets.renewed[7]); diff != "" {
		t.Errorf("told last (-stored +told):\n%s", diff)
	}
}

func TestSecretThatCannotBeStoredStaysAsItIs(t *testing.T) {
	f := setup(t)
	f.Store = readOnly{f.db}
	_, err := f.as(t, acme).UpdateSecret(t.Context(), &pluginv1.SecretUpdate{InstanceId: "nas", Path: "/token", Value: "hunter2"})
	refused(t, err, codes.Unavailable)
	if len(f.secrets.renewed) != 0 {
		t.Errorf("told of %v", f.secrets.renewed)
	}
	if text := f.log.String() + err.Error(); strings.Contains(text, "hunter2") || !strings.Contains(text, "no space") {
		t.Errorf("logged and answered %q", text)
	}
	if strings.Contains(err.Error(), "space") {
		t.Errorf("the plugin is told of the hub's inside: %v", err)
	}
}

// readOnly is a store on a full disk.
type readOnly struct{ *store.DB }

func (readOnly) Update(context.Context, func(store.Tx) error) error { return store.ErrNoSpace }
