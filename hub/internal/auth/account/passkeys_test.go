package account

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// obliging are Ceremonies that always succeed, with the passkey it is.
type obliging struct {
	credential Credential
	// during is called after somebody's passkey was checked; may be nil.
	during func()
}

func (o *obliging) BeginRegistration(string, Owner) (Begun, error) { return Begun{ID: "1"}, nil }

func (o *obliging) FinishRegistration(string, Owner, []byte) (Credential, error) {
	return o.credential, nil
}

func (o *obliging) BeginSignIn(string) (Begun, error) { return Begun{ID: "2"}, nil }

// FinishSignIn takes the response for the handle of the owner.
func (o *obliging) FinishSignIn(_ string, response []byte, find func([]byte) (Owner, bool)) (Owner, Credential, error) {
	owner, ok := find(response)
	if !ok {
		return Owner{}, Credential{}, ErrResponse
	}
	if o.during != nil {
		o.during()
	}
	return owner, o.credential, nil
}

func passkeyBench(t *testing.T) (*bench, *obliging) {
	t.Helper()
	b := newBench(t)
	b.add(t, "alice", auth.RoleAdmin)
	b.add(t, "bob", auth.RoleViewer)
	o := &obliging{credential: Credential{ID: []byte("id"), PublicKey: []byte("key")}}
	b.ceremonies = o
	if _, err := b.FinishRegistration(t.Context(), "bob", Registration{}); err != nil {
		t.Fatal(err)
	}
	return b, o
}

func (b *bench) handle(name string) []byte { return b.current.Load().users[name].Handle }

func TestAPasskeyBelongsToOneUser(t *testing.T) {
	b, _ := passkeyBench(t)
	for _, name := range []string{"alice", "bob"} {
		_, err := b.FinishRegistration(t.Context(), name, Registration{})
		wantErr(t, "registering it again for "+name, err, ErrPasskeyExists)
	}
	listed, err := b.crash(t).ListPasskeys("bob")
	if err != nil || len(listed) != 1 || listed[0].Name != "Passkey" || listed[0].ID != "aWQ" {
		t.Errorf("passkeys are %+v, %v", listed, err)
	}
	_, err = b.FinishRegistration(t.Context(), "bob", Registration{Name: "tab\tname"})
	wantErr(t, "name that cannot be printed", err, ErrPasskeyName)
	wantErr(t, "deleting by no id", b.DeletePasskey(t.Context(), "bob", "%"), ErrUnknownPasskey)
	wantErr(t, "deleting of somebody else", b.DeletePasskey(t.Context(), "alice", "aWQ"), ErrUnknownPasskey)
	_, err = b.ListPasskeys("nobody")
	wantErr(t, "listing of nobody", err, ErrUnknownUser)
}

func TestTheSameCountIsAcceptedOnce(t *testing.T) {
	b, o := passkeyBench(t)
	o.credential.SignCount = 7
	var accepted atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, err := b.FinishSignIn(t.Context(), "2", b.handle("bob"))
			if err == nil {
				accepted.Add(1)
			} else if !errors.Is(err, ErrCredentials) || !errors.Is(err, ErrCounter) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := accepted.Load(); got != 1 {
		t.Errorf("accepted %d times, want once", got)
	}
	if got := b.crash(t).current.Load().users["bob"].Passkeys[0].SignCount; got != 7 {
		t.Errorf("count is %d, want 7", got)
	}
}

func TestWhoIsNobodyToPasskeys(t *testing.T) {
	b, _ := passkeyBench(t)
	disabled := true
	if _, err := b.Update(t.Context(), "bob", Change{Disabled: &disabled}); err != nil {
		t.Fatal(err)
	}
	for name, handle := range map[string][]byte{"disabled": b.handle("bob"), "unknown": []byte("x"), "none": nil} {
		_, err := b.FinishSignIn(t.Context(), "2", handle)
		wantErr(t, name, err, ErrCredentials)
	}
}

func TestWhatChangesDuringAPasskeyCounts(t *testing.T) {
	disabled := true
	tests := []struct {
		name string
		do   func(b *bench) error
		want error
	}{
		{"disabled", func(b *bench) error {
			_, err := b.Update(t.Context(), "bob", Change{Disabled: &disabled})
			return err
		}, ErrCredentials},
		{"passkey deleted", func(b *bench) error { return b.DeletePasskey(t.Context(), "bob", "aWQ") }, ErrCredentials},
		{"user deleted", func(b *bench) error { return b.Delete(t.Context(), "bob") }, ErrCredentials},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, o := passkeyBench(t)
			o.during = func() { wantErr(t, tt.name, tt.do(b), nil) }
			_, err := b.FinishSignIn(t.Context(), "2", b.handle("bob"))
			wantErr(t, "FinishSignIn", err, tt.want)
		})
	}
}

func TestWithoutCeremoniesThereAreNoPasskeys(t *testing.T) {
	b := newBench(t)
	b.add(t, "alice", auth.RoleAdmin)
	_, err := b.BeginRegistration(t.Context(), "alice", "https://pulse.example.com")
	wantErr(t, "begin registration", err, ErrSite)
	_, err = b.FinishRegistration(t.Context(), "alice", Registration{ID: "1"})
	wantErr(t, "finish registration", err, ErrCeremony)
	_, err = b.BeginSignIn(t.Context(), "https://pulse.example.com")
	wantErr(t, "begin sign-in", err, ErrSite)
	_, err = b.FinishSignIn(t.Context(), "1", nil)
	wantErr(t, "finish sign-in", err, ErrCeremony)
}
