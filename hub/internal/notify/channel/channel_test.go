package channel_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/notify"
	"github.com/pulse-hub/pulse/hub/internal/notify/channel"
	"github.com/pulse-hub/pulse/hub/internal/notify/setup/setuptest"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// keep stores instances as they are, and configures them where they would run.
func keep(t *testing.T, w *setuptest.World, all ...instance.Instance) {
	t.Helper()
	repository := instance.NewRepository(w.Store)
	for _, one := range all {
		if _, err := repository.Put(t.Context(), one); err != nil {
			t.Fatal(err)
		}
		if one.Enabled {
			if err := w.Host().Configure(t.Context(), one); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func of(id, plugin, component string, enabled bool) instance.Instance {
	return instance.Instance{ID: id, Plugin: plugin, Component: component, Name: "The " + id, Config: json.RawMessage(`{"service":"ntfy"}`), Enabled: enabled}
}

func TestEveryNotifierIsAChannel(t *testing.T) {
	w := setuptest.New(t)
	if all, err := w.List(t.Context()); err != nil || all == nil || len(all) != 0 {
		t.Errorf("of nothing there are %v, %v", all, err)
	}
	keep(t, w, of("a", "pulse.email", "notifier/email", true), of("b", "pulse.webhook", "notifier/webhook", false),
		of("c", "pulse.apprise", "notifier/apprise", true), of("d", "pulse.mqtt", "notifier/mqtt", true),
		of("e", "acme.chat", "notifier/email", true), of("f", "pulse.proxmox", "source/pve", true))
	want := []notify.Channel{
		{ID: "a", Name: "The a", Kind: notify.Email, Enabled: true, Service: "ntfy"},
		{ID: "b", Name: "The b", Kind: notify.Webhook, Service: "ntfy"},
		{ID: "c", Name: "The c", Kind: notify.Apprise, Enabled: true, Service: "ntfy"},
		{ID: "d", Name: "The d", Kind: notify.MQTT, Enabled: true, Service: "ntfy"},
		{ID: "e", Name: "The e", Kind: notify.Other, Enabled: true, Service: "ntfy"},
	}
	all, err := w.List(t.Context())
	if diff := cmp.Diff(want, all); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// message is one with something in it.
func message() *notification.Message {
	return &notification.Message{DeliveryID: "d1", Title: "Title", Phase: notification.PhaseFiring, Alerts: []notification.Alert{{ID: "a1", Value: 2}}}
}

func TestMessagesAreHandedToTheirChannel(t *testing.T) {
	w := setuptest.New(t)
	keep(t, w, of("on", "pulse.email", "notifier/email", true), of("off", "pulse.email", "notifier/email", false), of("pve", "pulse.proxmox", "source/pve", true))
	w.Answer = func(instance.Instance) (notification.Result, error) {
		return notification.Result{Outcome: notification.OutcomeRetry, Status: 429, Error: "slow down"}, nil
	}
	result, err := w.Send(t.Context(), "on", message())
	if diff := cmp.Diff(notification.Result{Outcome: notification.OutcomeRetry, Status: 429, Error: "slow down"}, result); diff != "" || err != nil {
		t.Error(diff, err)
	}
	sent := w.Sent()
	if len(sent) != 1 || sent[0].To.ID != "on" {
		t.Fatalf("there were sent %+v", sent)
	}
	if diff := cmp.Diff(message(), sent[0].Message); diff != "" {
		t.Error(diff)
	}
	for id, want := range map[string]error{"none": channel.ErrUnknown, "pve": channel.ErrUnknown, "off": channel.ErrDisabled} {
		if _, err := w.Send(t.Context(), id, message()); !errors.Is(err, want) {
			t.Errorf("sending to %s gave %v, want %v", id, err, want)
		}
	}
	broken := errors.New("broken")
	w.Answer = func(instance.Instance) (notification.Result, error) { return notification.Result{}, broken }
	if _, err := w.Send(t.Context(), "on", message()); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if err := w.Store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Send(t.Context(), "on", message()); !errors.Is(err, store.ErrClosed) || errors.Is(err, channel.ErrUnknown) {
		t.Errorf("without a store there is %v", err)
	}
}

func TestTrialsLeaveNothing(t *testing.T) {
	w := setuptest.New(t)
	one := of("notify-email", "pulse.email", "notifier/email", false)
	one.Secrets = map[string]string{"/password": "geheim"}
	result, err := w.Try(t.Context(), one, message())
	if err != nil || result.Outcome != notification.OutcomeDelivered {
		t.Errorf("got %+v, %v", result, err)
	}
	sent := w.Sent()
	if len(sent) != 1 || sent[0].To.ID == one.ID || sent[0].To.Secrets["/password"] != "geheim" {
		t.Errorf("there were sent %+v", sent)
	}
	if err := w.Check(t.Context(), one); err != nil {
		t.Errorf("a good configuration gave %v", err)
	}
	w.Refuse = func(instance.Instance) []supervise.FieldError {
		return []supervise.FieldError{{Path: "/from", Message: "is not an address"}}
	}
	var refused *supervise.ConfigError
	if err := w.Check(t.Context(), one); !errors.As(err, &refused) || refused.Fields[0].Path != "/from" {
		t.Errorf("a bad configuration gave %v", err)
	}
	if _, err := w.Try(t.Context(), one, message()); !errors.As(err, &refused) {
		t.Errorf("trying it gave %v", err)
	}
	if known := w.Configured(); len(known) != 0 || len(w.Sent()) != 1 {
		t.Errorf("trials left %v", known)
	}
}
