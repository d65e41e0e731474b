package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/account/password"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

const (
	good  = "violet tractor 9"
	other = "amber tractor 10"
)

// quick is a Hasher that takes no time and counts what it is asked.
type quick struct {
	hashes, checks atomic.Int64
	// during is called while a password is checked, making while a hash is
	// made; both may be nil.
	during, making func()
}

func (q *quick) Hash(_ context.Context, text string) (string, error) {
	q.hashes.Add(1)
	if q.making != nil {
		q.making()
	}
	return digest("new:", text), nil
}

func (q *quick) Verify(_ context.Context, text, hash string) (password.Match, error) {
	q.checks.Add(1)
	if q.during != nil {
		q.during()
	}
	switch hash {
	case digest("new:", text):
		return password.Right, nil
	case digest("old:", text):
		return password.Outdated, nil
	}
	return password.Wrong, nil
}

func digest(kind, text string) string {
	sum := sha256.Sum256([]byte(text))
	return kind + hex.EncodeToString(sum[:])
}

// counted counts transactions that write, and can refuse them at their end.
type counted struct {
	Records
	updates atomic.Int64
	refuse  error
}

func (c *counted) Update(ctx context.Context, fn func(store.Tx) error) error {
	return c.Records.Update(ctx, func(tx store.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		c.updates.Add(1)
		return c.refuse
	})
}

// bench is a Desk with all that it stands on.
type bench struct {
	*Desk
	hasher  *quick
	records *counted
	path    string
	clock   time.Time
}

func newBench(t *testing.T) *bench {
	t.Helper()
	return openBench(t, filepath.Join(t.TempDir(), "pulse.db"))
}

func openBench(t *testing.T, path string) *bench {
	t.Helper()
	db, err := store.Open(path, store.Options{KeyFile: path + ".key"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	b := &bench{
		hasher: &quick{}, records: &counted{Records: db}, path: path,
		clock: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC),
	}
	b.Desk = New(Options{Records: b.records, Hasher: b.hasher, Now: func() time.Time { return b.clock }})
	if err := b.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// crash returns a second Desk on a copy of the files as they are now: what is
// left when the process is killed at this moment.
func (b *bench) crash(t *testing.T) *bench {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pulse.db")
	for from, to := range map[string]string{b.path: path, b.path + ".key": path + ".key"} {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	after := openBench(t, path)
	after.clock = b.clock
	return after
}

func (b *bench) add(t *testing.T, name, role string) User {
	t.Helper()
	user, err := b.Create(t.Context(), Draft{Name: name, Password: good, Role: role})
	if err != nil {
		t.Fatal(err)
	}
	return user
}

func wantErr(t *testing.T, doing string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s gave %v, want %v", doing, got, want)
	}
}

func TestEveryChangeSurvivesBeingKilled(t *testing.T) {
	b := newBench(t)
	ctx := t.Context()
	role, disabled := auth.RoleOperator, true
	steps := []struct {
		name string
		do   func() error
	}{
		{"create", func() error { b.add(t, "Alice", auth.RoleAdmin); return nil }},
		{"create another", func() error { b.add(t, "bob", auth.RoleViewer); return nil }},
		{"role", func() error {
			return b.PutRole(ctx, auth.Role{Name: "night", Permissions: auth.Operator().Permissions})
		}},
		{"update", func() error { _, err := b.Update(ctx, "BOB", Change{Role: &role, Disabled: &disabled}); return err }},
		{"password", func() error { return b.SetPassword(ctx, "alice", other) }},
		{"sign-in", func() error { return b.SignedIn(ctx, "alice") }},
		{"provider", func() error {
			_, err := b.Ensure(ctx, External{Name: "carol", Role: "night", Origin: "oidc:id", Email: "carol@example.com"})
			return err
		}},
		{"delete", func() error { return b.Delete(ctx, "bob") }},
		{"configuration", func() error { _, err := b.Seed(ctx, "dave", good); return err }},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		after := b.crash(t)
		if diff := cmp.Diff(b.List(), after.List()); diff != "" {
			t.Errorf("users after %s (-before +after):\n%s", step.name, diff)
		}
		if diff := cmp.Diff(b.Roles(), after.Roles()); diff != "" {
			t.Errorf("roles after %s (-before +after):\n%s", step.name, diff)
		}
	}
	after := b.crash(t)
	if _, err := after.Verify(ctx, "alice", other); err != nil {
		t.Errorf("sign-in after a restart: %v", err)
	}
}

func TestWhatIsNotStoredDoesNotCount(t *testing.T) {
	b := newBench(t)
	b.add(t, "alice", auth.RoleAdmin)
	b.records.refuse = errors.New("disk")
	if _, err := b.Create(t.Context(), Draft{Name: "bob", Password: good, Role: auth.RoleAdmin}); !errors.Is(err, b.records.refuse) {
		t.Errorf("Create gave %v", err)
	}
	wantErr(t, "SetPassword", b.SetPassword(t.Context(), "alice", other), b.records.refuse)
	if _, ok := b.Get("bob"); ok {
		t.Error("a user is there who was not stored")
	}
	if _, err := b.Verify(t.Context(), "alice", good); err != nil {
		t.Errorf("the old password is gone: %v", err)
	}
}

func TestLoadSeesWhatOthersWrote(t *testing.T) {
	b := newBench(t)
	b.add(t, "alice", auth.RoleAdmin)
	second := New(Options{Records: b.records, Hasher: b.hasher})
	if err := second.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := second.Create(t.Context(), Draft{Name: "bob", Password: good, Role: auth.RoleAdmin}); err != nil {
		t.Fatal(err)
	}
	if b.Count() != 1 || second.Count() != 2 {
		t.Fatalf("there are %d and %d users", b.Count(), second.Count())
	}
	// Without having loaded, a change keeps to what is stored.
	if _, err := b.Create(t.Context(), Draft{Name: "Bob", Password: good, Role: auth.RoleAdmin}); !errors.Is(err, ErrExists) {
		t.Errorf("Create gave %v, want ErrExists", err)
	}
	if err := b.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b.Count() != 2 {
		t.Errorf("there are %d users after Load, want 2", b.Count())
	}
}

func TestUnreadableRecordsLeaveTheOthers(t *testing.T) {
	b := newBench(t)
	b.add(t, "alice", auth.RoleAdmin)
	err := b.records.Update(t.Context(), func(tx store.Tx) error {
		return tx.Put(t.Context(), store.Users, "broken", []byte(`{"name":`))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.add(t, "bob", auth.RoleViewer)
	if got := b.List(); len(got) != 2 || got[0].Name != "alice" || got[1].Name != "bob" {
		t.Errorf("users are %+v", got)
	}
	if _, err := b.Verify(t.Context(), "alice", good); err != nil {
		t.Error(err)
	}
}

func TestStoreHoldsNoSecretInClear(t *testing.T) {
	b := newBench(t)
	b.Desk = New(Options{Records: b.records, Slots: 1, Now: func() time.Time { return b.clock }})
	b.add(t, "alice", auth.RoleAdmin)
	if _, err := b.Seed(t.Context(), "bob", other); err != nil {
		t.Fatal(err)
	}
	setup, codes := b.secondFactor(t, "alice")
	data, err := os.ReadFile(b.path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range append(codes, good, other, setup.Secret, "$argon2id$") {
		if strings.Contains(string(data), secret) {
			t.Errorf("%.4s… stands in the file", secret)
		}
	}
	if _, err := b.Verify(t.Context(), "alice", good); err != nil {
		t.Errorf("with the real hasher: %v", err)
	}
}
