package fleet

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	wire "github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// tokens revokes what it knows.
type tokens struct {
	known   map[string]bool
	revoked []string
	err     error
}

func (t *tokens) RevokeMade(_ context.Context, id string) (auth.Token, error) {
	if t.err != nil {
		return auth.Token{}, t.err
	}
	if !t.known[id] {
		return auth.Token{}, auth.ErrUnknownToken
	}
	t.revoked = append(t.revoked, id)
	return auth.Token{ID: id}, nil
}

// hosts reports with tokens by host.
type hosts map[string]string

func (h hosts) Token(id string) (string, bool) { token, known := h[id]; return token, known }
func (h hosts) Users(tokenID string) (count int) {
	for _, token := range h {
		if token == tokenID {
			count++
		}
	}
	return count
}
func (h hosts) Release(_ context.Context, id string) error { delete(h, id); return nil }

type bench struct {
	*Desk
	t      *testing.T
	db     *store.DB
	inv    *inventory.Inventory
	tokens *tokens
	hosts  hosts
	now    time.Time
}

func newBench(t *testing.T) *bench {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key"), Logger: hclog.NewNullLogger()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	b := &bench{
		t: t, db: db, tokens: &tokens{known: map[string]bool{"t1": true, "t2": true}}, hosts: hosts{},
		now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC),
	}
	b.restart()
	return b
}

// restart forgets everything that is not in the store.
func (b *bench) restart() {
	b.t.Helper()
	clock := func() time.Time { return b.now }
	ids := 0
	b.inv = inventory.New(inventory.Options{Now: clock})
	b.Desk = New(Options{
		Records: b.db, Inventory: b.inv, Tokens: b.tokens, Hosts: b.hosts, Logger: hclog.NewNullLogger(), Now: clock,
		NewID: func() string { ids++; return fmt.Sprint("id", ids) },
	})
	if err := b.Load(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// claim is what agents say in tests: "agent machine hostname token".
func claim(text string) Claim {
	part := strings.Fields(text)
	for i := range part {
		part[i] = strings.Trim(part[i], "-")
	}
	return Claim{AgentID: part[0], MachineID: part[1], Hostname: part[2], Token: resource.TokenRef{ID: part[3], Hint: part[3] + "…"}}
}

func (b *bench) admit(text string) string {
	b.t.Helper()
	id, err := b.Admit(b.t.Context(), claim(text))
	if err != nil {
		b.t.Fatalf("admit %s: %v", text, err)
	}
	return id
}

// show puts the resource of an engine into the inventory.
func (b *bench) show(id string) {
	b.t.Helper()
	_, err := b.inv.Apply(b.t.Context(), inventory.Observation{
		Source:    inventory.SourceRef{ID: SourceID(Docker, id), Type: "docker", Name: id},
		Resources: []resource.Resource{{ID: id, Kind: resource.KindContainerHost, Name: id}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) shown(id string) *inventory.Settings {
	entry, known := b.inv.Snapshot().Get(SourceID(Docker, id) + "/" + id)
	if !known {
		return nil
	}
	return entry.Settings
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestEnginesKeepTheirIDs(t *testing.T) {
	b := newBench(t)
	steps := []struct{ claim, want string }{
		{"a1 m1 h1 t1", "a1"},
		{"a1 m1 h1 t1", "a1"},
		{"a1 m9 renamed t1", "a1"},                // the same agent with the same token
		{"a1 m1 h1 t2", "a1::token-t2"},           // with a new token it is a second one
		{"a1 m1 h1 t2", "a1::token-t2"},           // and stays that
		{"- m3 h3 t3", "m3"},                      // without an agent id
		{"a/../4 m4 h4 t4", "a----4"},             // what would end an id in a URL
		{"a5 m5 h5 -", "a5"}, {"- m5 h5 -", "a5"}, // without a token, by the machine
	}
	for _, step := range steps {
		if got := b.admit(step.claim); got != step.want {
			t.Errorf("%s is %q, want %q", step.claim, got, step.want)
		}
	}
	b.restart()
	if got := b.admit("a1 m1 h1 t2"); got != "a1::token-t2" {
		t.Errorf("after a restart it is %q", got)
	}
}

func TestTokenBelongsToOneAgent(t *testing.T) {
	b := newBench(t)
	b.admit("a1 m1 h1 t1")
	must(t, b.Edit(t.Context(), Docker, "a1", SetDisplayName("Demo")))
	var conflict *ConflictError
	_, err := b.Admit(t.Context(), claim("a2 m2 h2 t1"))
	if !errors.As(err, &conflict) || !strings.HasPrefix(err.Error(), `API token (t1…) is already in use by agent "a1" (host: Demo).`) {
		t.Errorf("another agent got %v", err)
	}
	// A table of its own: the modules of one agent share a token.
	if id, err := b.AdmitCluster(t.Context(), "c1", claim("k1 - prod t1")); err != nil || id != "c1" {
		t.Errorf("a cluster got %q, %v", id, err)
	}
	if _, err := b.AdmitCluster(t.Context(), "c2", claim("k2 - other t1")); !errors.As(err, &conflict) || !strings.Contains(err.Error(), "(cluster: prod)") {
		t.Errorf("another cluster got %v", err)
	}
}

func TestRemovedEngineIsBlockedForADay(t *testing.T) {
	b := newBench(t)
	b.admit("a1 m1 h1 t1")
	b.show("a1")
	if known, err := b.Remove(t.Context(), Docker, "a1"); err != nil || !known {
		t.Fatal(known, err)
	}
	if _, known := b.inv.Snapshot().Get("docker:a1/a1"); known {
		t.Error("it is still shown")
	}
	if diff := cmp.Diff([]string{"t1"}, b.tokens.revoked); diff != "" {
		t.Errorf("revoked: %s", diff)
	}
	b.restart()
	var removed *RemovedError
	if _, err := b.Admit(t.Context(), claim("a1 m1 h1 t2")); !errors.As(err, &removed) || !strings.Contains(err.Error(), "was removed at 2026-11-23T08:00:00Z") {
		t.Errorf("after a restart it got %v", err)
	}
	if list := b.Removed(Docker); len(list) != 1 || list[0].Hostname != "h1" {
		t.Errorf("removed are %+v", list)
	}
	b.now = b.now.Add(BlockTime - time.Second)
	if _, err := b.Admit(t.Context(), claim("a1 m1 h1 t2")); !errors.As(err, &removed) {
		t.Errorf("a second before the end it got %v", err)
	}
	b.now = b.now.Add(time.Second)
	revision := b.Revision()
	must(t, b.sweep(t.Context()))
	if len(b.Removed(Docker)) != 0 || b.Revision() == revision {
		t.Error("the block is still told")
	}
	if got := b.admit("a1 m1 h1 t2"); got != "a1" {
		t.Errorf("after a day it is %q", got)
	}
}

func TestReenrolmentLiftsTheBlock(t *testing.T) {
	b := newBench(t)
	_, err := b.Remove(t.Context(), Kubernetes, "never-seen")
	must(t, err)
	var removed *RemovedError
	if _, err := b.AdmitCluster(t.Context(), "never-seen", claim("k - - t1")); !errors.As(err, &removed) {
		t.Errorf("a cluster that was removed before it came got %v", err)
	}
	must(t, b.AllowReenroll(t.Context(), Kubernetes, "never-seen"))
	must(t, b.AllowReenroll(t.Context(), Kubernetes, "unknown"))
	if _, err := b.AdmitCluster(t.Context(), "never-seen", claim("k - - t1")); err != nil {
		t.Error(err)
	}
}

func TestRemovalThatCannotRevokeIsTriedAgain(t *testing.T) {
	b := newBench(t)
	b.admit("a1 m1 h1 t1")
	b.tokens.err = errors.New("disk is full")
	if _, err := b.Remove(t.Context(), Docker, "a1"); err == nil {
		t.Fatal("the token is valid and nobody was told")
	}
	b.tokens.err = nil
	if _, err := b.Remove(t.Context(), Docker, "a1"); err != nil || len(b.tokens.revoked) != 1 {
		t.Errorf("the second try: %v, revoked %v", err, b.tokens.revoked)
	}
}

func TestCommandLife(t *testing.T) {
	b := newBench(t)
	b.admit("a1 m1 h1 t1")
	b.show("a1")
	command, err := b.UpdateContainer(t.Context(), "a1", wire.UpdateContainer{ContainerID: "c9", ContainerName: "web"})
	must(t, err)
	if command.ID != "id1:c9" || command.Status != StatusQueued || string(command.Payload) != `{"containerId":"c9","containerName":"web"}` {
		t.Errorf("queued %+v", command)
	}
	var refused *CommandError
	if _, err := b.CheckUpdates(t.Context(), "a1"); !errors.As(err, &refused) {
		t.Errorf("a second command got %v", err)
	}
	for range 2 { // until it is acknowledged
		if told, err := b.Next(t.Context(), "a1"); err != nil || told == nil || told.ID != "id1:c9" || told.Status != StatusDispatched {
			t.Fatalf("told %+v, %v", told, err)
		}
	}
	b.restart() // of the hub, in the midst of it
	b.show("a1")
	steps := []struct {
		ack     Acknowledgement
		status  string
		message string
		err     bool
	}{
		{Acknowledgement{CommandID: "id1:c9", HostID: "other", Status: StatusAcknowledged}, "", "", true},
		{Acknowledgement{CommandID: "nope", HostID: "a1", Status: StatusAcknowledged}, "", "", true},
		{Acknowledgement{CommandID: "id1:c9", HostID: "a1", Status: StatusAcknowledged}, StatusAcknowledged, "Updating container web", false},
		{Acknowledgement{CommandID: "id1:c9", HostID: "a1", Status: StatusInProgress, Message: "pulling"}, StatusInProgress, "pulling", false},
		{Acknowledgement{CommandID: "id1:c9", Status: StatusFailed, Message: "no such image"}, StatusFailed, "no such image", false},
		{Acknowledgement{CommandID: "id1:c9", Status: StatusInProgress, Message: "late"}, StatusFailed, "no such image", false},
	}
	for _, step := range steps {
		_, got, err := b.Acknowledge(t.Context(), step.ack)
		if (err != nil) != step.err || !step.err && (got.Status != step.status || got.Message != step.message) {
			t.Errorf("%+v: %+v, %v", step.ack, got, err)
		}
		if told, _ := b.Next(t.Context(), "a1"); !step.err && told != nil {
			t.Errorf("told again after %s", step.ack.Status)
		}
	}
	shown := b.shown("a1").Command
	if shown.Status != StatusFailed || shown.FailureReason != "no such image" || shown.Failed.IsZero() || shown.Acknowledged.IsZero() {
		t.Errorf("shown %+v", shown)
	}
}

func TestCommandExpires(t *testing.T) {
	b := newBench(t)
	b.admit("a1 m1 h1 t1")
	b.show("a1")
	_, err := b.Stop(t.Context(), "a1")
	must(t, err)
	if !b.shown("a1").PendingUninstall {
		t.Error("an engine whose agent is to stop is not marked")
	}
	b.now = b.now.Add(commandLife)
	if told, err := b.Next(t.Context(), "a1"); told != nil || err != nil {
		t.Errorf("told %+v, %v after its end", told, err)
	}
	must(t, b.sweep(t.Context()))
	if got := b.shown("a1"); got.Command.Status != StatusExpired || got.PendingUninstall {
		t.Errorf("shown %+v", got)
	}
	if _, err := b.CheckUpdates(t.Context(), "a1"); err != nil {
		t.Errorf("after the end of one command another got %v", err)
	}
}

func TestStoppedAgentMayComeBack(t *testing.T) {
	b := newBench(t)
	b.admit("a1 m1 h1 t1")
	b.show("a1")
	command, err := b.Stop(t.Context(), "a1")
	must(t, err)
	_, _, err = b.Acknowledge(t.Context(), Acknowledgement{CommandID: command.ID, Status: StatusCompleted})
	must(t, err)
	if _, known := b.Known(Docker, "a1"); known || len(b.Removed(Docker)) != 0 || b.inv.Snapshot().Len() != 0 || len(b.tokens.revoked) != 1 {
		t.Error("it is not wholly gone")
	}
	b.admit("a1 m1 h1 t2")
}

func TestSettingsAreKept(t *testing.T) {
	b := newBench(t)
	b.admit("a1 m1 h1 t1")
	must(t, b.Edit(t.Context(), Docker, "a1", SetDisplayName("  Mine ")))
	must(t, b.Edit(t.Context(), Docker, "a1", SetHidden(true)))
	must(t, b.Edit(t.Context(), Docker, "a1", SetPendingUninstall()))
	b.restart()
	b.show("a1")
	if diff := cmp.Diff(&inventory.Settings{DisplayName: "Mine", Hidden: true, PendingUninstall: true}, b.shown("a1")); diff != "" {
		t.Error(diff)
	}
	if err := b.Edit(t.Context(), Docker, "none", SetHidden(true)); !errors.Is(err, ErrUnknown) {
		t.Errorf("an unknown engine gave %v", err)
	}
}

func TestUnlinkIsKept(t *testing.T) {
	b := newBench(t)
	machine := func() {
		for _, o := range []inventory.Observation{
			{Source: inventory.SourceRef{ID: "lab", Type: "pve", Name: "lab"}, Resources: []resource.Resource{{ID: "node/pve1", Kind: resource.KindNode, Name: "pve1", Detail: &resource.Node{}}}},
			{Source: inventory.SourceRef{ID: "host:x", Type: "host", Name: "x"}, Resources: []resource.Resource{{ID: "x", Kind: resource.KindHost, Name: "pve1.lan", Detail: &resource.Host{Hostname: "pve1.lan"}}}},
		} {
			if _, err := b.inv.Apply(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
	}
	machine()
	must(t, b.Unlink(t.Context(), "x"))
	if err := b.Unlink(t.Context(), "x"); !errors.Is(err, ErrNotLinked) {
		t.Errorf("the second time gave %v", err)
	}
	b.restart()
	machine()
	if err := b.Unlink(t.Context(), "x"); !errors.Is(err, ErrNotLinked) {
		t.Errorf("after a restart it was linked again: %v", err)
	}
}

func TestRemovedHostsToken(t *testing.T) {
	b := newBench(t)
	b.hosts["h1"], b.hosts["h2"], b.hosts["h3"] = "t1", "t1", "t2"
	b.admit("a3 m3 h3 t2") // the Docker module of the agent of h3
	for _, id := range []string{"h1", "h3", "h2", "unknown"} {
		must(t, b.RemoveHost(t.Context(), id))
	}
	if diff := cmp.Diff([]string{"t1"}, b.tokens.revoked); diff != "" || len(b.hosts) != 0 {
		t.Errorf("revoked: %s; kept %v", diff, b.hosts)
	}
	off := false
	must(t, b.OverrideCommands(t.Context(), "h9", &off))
	b.restart()
	if got := b.CommandsOverride("h9"); got == nil || *got {
		t.Errorf("after a restart the override is %v", got)
	}
	must(t, b.OverrideCommands(t.Context(), "h9", nil))
	if got := b.CommandsOverride("h9"); got != nil {
		t.Errorf("the override is still %v", *got)
	}
}

func TestChangesAtOnce(t *testing.T) {
	b := newBench(t)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			id, err := b.Admit(t.Context(), claim(fmt.Sprintf("a%d m h t%d", i%10, i%10)))
			if err != nil || id != fmt.Sprint("a", i%10) {
				t.Errorf("admitted %q, %v", id, err)
			}
			if err := b.Edit(t.Context(), Docker, id, func(m *Member) { m.DisplayName += "x" }); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for i := range 10 {
		if one, _ := b.Known(Docker, fmt.Sprint("a", i)); one == nil || one.DisplayName != "xx" {
			t.Errorf("engine %d is %+v", i, one)
		}
	}
}

func BenchmarkAdmitKnown(b *testing.B) {
	desk := New(Options{})
	byKey := map[key]*Member{}
	for i := range 1000 {
		m := &Member{Kind: Docker, ID: fmt.Sprint("a", i), AgentID: fmt.Sprint("a", i), TokenID: fmt.Sprint("t", i), Hostname: "h"}
		byKey[m.key()] = m
	}
	desk.members.Store(newMembers(1, byKey))
	who := Claim{AgentID: "a500", Hostname: "h", Token: resource.TokenRef{ID: "t500"}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := desk.Admit(b.Context(), who); err != nil {
			b.Fatal(err)
		}
	}
}
