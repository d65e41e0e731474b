package passkey

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/account"
	"github.com/pulse-hub/pulse/hub/internal/auth/account/passkeytest"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

const (
	origin   = "https://pulse.example.com"
	password = "violet tractor 9"
)

// scene is a desk with the users root and alice, and a device.
type scene struct {
	*account.Desk
	device passkeytest.Device
	clock  time.Time
	public string
	db     store.Store
}

func newScene(t *testing.T) *scene {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pulse.db")
	db, err := store.Open(path, store.Options{KeyFile: path + ".key"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := &scene{clock: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), db: db}
	s.reopen(t)
	for name, role := range map[string]string{"root": auth.RoleAdmin, "alice": auth.RoleViewer} {
		if _, err := s.Create(t.Context(), account.Draft{Name: name, Password: password, Role: role}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// reopen makes a new desk on the same store, as a restart does.
func (s *scene) reopen(t *testing.T) {
	t.Helper()
	now := func() time.Time { return s.clock }
	s.Desk = account.New(account.Options{
		Records: s.db, Now: now, Ceremonies: New(Options{Now: now, PublicURL: func() string { return s.public }}),
	})
	if err := s.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (s *scene) register(t *testing.T, name, origin string) (account.Passkey, error) {
	t.Helper()
	begun, err := s.BeginRegistration(t.Context(), name, origin)
	if err != nil {
		return account.Passkey{}, err
	}
	response, err := s.device.Create(origin, begun.Options)
	if err != nil {
		return account.Passkey{}, err
	}
	return s.FinishRegistration(t.Context(), name, account.Registration{ID: begun.ID, Name: " Phone ", Response: response})
}

func (s *scene) mustRegister(t *testing.T) account.Passkey {
	t.Helper()
	made, err := s.register(t, "alice", origin)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (s *scene) signIn(t *testing.T, origin string) (account.User, error) {
	t.Helper()
	begun, err := s.BeginSignIn(t.Context(), origin)
	if err != nil {
		return account.User{}, err
	}
	response, err := s.device.Get(origin, begun.Options)
	if err != nil {
		return account.User{}, err
	}
	return s.FinishSignIn(t.Context(), begun.ID, response)
}

func wantErr(t *testing.T, doing string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s gave %v, want %v", doing, got, want)
	}
}

func TestPasskeySignsIn(t *testing.T) {
	s := newScene(t)
	made := s.mustRegister(t)
	if made.Name != "Phone" || !made.Created.Equal(s.clock) || made.Synced {
		t.Errorf("passkey is %+v", made)
	}
	s.reopen(t)
	s.clock = s.clock.Add(time.Hour)
	user, err := s.signIn(t, origin)
	if err != nil || user.Name != "alice" {
		t.Fatalf("sign-in gave %q and %v", user.Name, err)
	}
	s.reopen(t)
	listed, err := s.ListPasskeys("Alice")
	want := made
	want.LastUsed = s.clock
	if diff := cmp.Diff([]account.Passkey{want}, listed); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if _, err := s.signIn(t, origin); err != nil {
		t.Errorf("second sign-in: %v", err)
	}
	wantErr(t, "delete", s.DeletePasskey(t.Context(), "alice", made.ID), nil)
	_, err = s.signIn(t, origin)
	wantErr(t, "sign-in with a deleted one", err, account.ErrCredentials)
	wantErr(t, "delete again", s.DeletePasskey(t.Context(), "alice", made.ID), account.ErrUnknownPasskey)
}

func TestOptionsAskForACompleteSignIn(t *testing.T) {
	s := newScene(t)
	begun, err := s.BeginRegistration(t.Context(), "alice", origin+":7655")
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		PublicKey struct {
			RP          struct{ ID, Name string }
			User        struct{ ID, Name, DisplayName string }
			Attestation string
			Timeout     int
			Selection   struct{ ResidentKey, UserVerification string } `json:"authenticatorSelection"`
		}
	}
	if err := json.Unmarshal(begun.Options, &got); err != nil {
		t.Fatal(err)
	}
	o := got.PublicKey
	if o.RP.ID != "pulse.example.com" || o.RP.Name != "Pulse" || o.User.Name != "alice" || o.User.DisplayName != "alice" ||
		len(o.User.ID) != 43 || o.Selection.ResidentKey != "required" || o.Selection.UserVerification != "required" ||
		o.Attestation != "none" || o.Timeout != 300000 {
		t.Errorf("options are %s", begun.Options)
	}
	begun, err = s.BeginSignIn(t.Context(), origin)
	if err != nil || !strings.Contains(string(begun.Options), `"userVerification":"required"`) ||
		strings.Contains(string(begun.Options), "allowCredentials") {
		t.Errorf("options are %s, %v", begun.Options, err)
	}
}

func TestSignInIsRefused(t *testing.T) {
	disabled := true
	tests := []struct {
		name string
		do   func(s *scene) error
		want error
	}{
		{"nobody verified", func(s *scene) error {
			s.device.Unverified = true
			_, err := s.signIn(t, origin)
			return err
		}, account.ErrCredentials},
		{"counter went back", func(s *scene) error {
			if _, err := s.signIn(t, origin); err != nil {
				return err
			}
			s.device.Count -= 2
			_, err := s.signIn(t, origin)
			return err
		}, account.ErrCounter},
		{"counter stays", func(s *scene) error {
			if _, err := s.signIn(t, origin); err != nil {
				return err
			}
			s.device.NoCount = true
			_, err := s.signIn(t, origin)
			return err
		}, account.ErrCounter},
		{"disabled user", func(s *scene) error {
			if _, err := s.Update(t.Context(), "alice", account.Change{Disabled: &disabled}); err != nil {
				return err
			}
			_, err := s.signIn(t, origin)
			return err
		}, account.ErrCredentials},
		{"user who is gone and came again", func(s *scene) error {
			if err := s.Delete(t.Context(), "alice"); err != nil {
				return err
			}
			draft := account.Draft{Name: "alice", Password: password, Role: auth.RoleViewer}
			if _, err := s.Create(t.Context(), draft); err != nil {
				return err
			}
			_, err := s.signIn(t, origin)
			return err
		}, account.ErrCredentials},
		{"page of another port", func(s *scene) error {
			begun, err := s.BeginSignIn(t.Context(), origin)
			if err != nil {
				return err
			}
			response, err := s.device.Get(origin+":444", begun.Options)
			if err != nil {
				return err
			}
			_, err = s.FinishSignIn(t.Context(), begun.ID, response)
			return err
		}, account.ErrCredentials},
		{"answer to another challenge", func(s *scene) error {
			begun, err := s.BeginSignIn(t.Context(), origin)
			if err != nil {
				return err
			}
			later, err := s.BeginSignIn(t.Context(), origin)
			if err != nil {
				return err
			}
			response, err := s.device.Get(origin, begun.Options)
			if err != nil {
				return err
			}
			_, err = s.FinishSignIn(t.Context(), later.ID, response)
			return err
		}, account.ErrCredentials},
		{"answer of a registration", func(s *scene) error {
			begun, err := s.BeginRegistration(t.Context(), "root", origin)
			if err != nil {
				return err
			}
			_, err = s.FinishSignIn(t.Context(), begun.ID, []byte("{}"))
			return err
		}, account.ErrCeremony},
		{"no answer", func(s *scene) error {
			begun, err := s.BeginSignIn(t.Context(), origin)
			if err != nil {
				return err
			}
			_, err = s.FinishSignIn(t.Context(), begun.ID, nil)
			return err
		}, account.ErrCredentials},
		{"endless answer", func(s *scene) error {
			begun, err := s.BeginSignIn(t.Context(), origin)
			if err != nil {
				return err
			}
			_, err = s.FinishSignIn(t.Context(), begun.ID, bytes.Repeat([]byte{' '}, maxResponse+1))
			return err
		}, account.ErrResponse},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScene(t)
			s.mustRegister(t)
			wantErr(t, tt.name, tt.do(s), tt.want)
		})
	}
}

func TestDevicesThatDoNotCount(t *testing.T) {
	s := newScene(t)
	s.device.NoCount, s.device.Synced = true, true
	if made := s.mustRegister(t); !made.Synced {
		t.Error("a synced passkey is not shown as one")
	}
	for range 2 {
		if _, err := s.signIn(t, origin); err != nil {
			t.Fatal(err)
		}
	}
	s.device.Synced = false // says of itself what cannot change
	_, err := s.signIn(t, origin)
	wantErr(t, "passkey that changed its kind", err, account.ErrCredentials)
}

func TestCounterIsChecked(t *testing.T) {
	ceremonies, device := New(Options{}), passkeytest.Device{Count: 5, NoCount: true}
	owner := account.Owner{Handle: []byte("handle"), Name: "alice"}
	begun, err := ceremonies.BeginRegistration(origin, owner)
	if err != nil {
		t.Fatal(err)
	}
	response, err := device.Create(origin, begun.Options)
	if err != nil {
		t.Fatal(err)
	}
	credential, err := ceremonies.FinishRegistration(begun.ID, owner, response)
	if err != nil {
		t.Fatal(err)
	}
	owner.Credentials = []account.Credential{credential}
	for count, want := range map[uint32]error{4: account.ErrCounter, 5: account.ErrCounter, 6: nil} {
		if begun, err = ceremonies.BeginSignIn(origin); err != nil {
			t.Fatal(err)
		}
		device.Count = count
		if response, err = device.Get(origin, begun.Options); err != nil {
			t.Fatal(err)
		}
		_, used, err := ceremonies.FinishSignIn(begun.ID, response, func([]byte) (account.Owner, bool) { return owner, true })
		wantErr(t, fmt.Sprint("count ", count, " after 5"), err, want)
		if err == nil && used.SignCount != count {
			t.Errorf("count is kept as %d, want %d", used.SignCount, count)
		}
	}
}

func TestRegistrationIsRefused(t *testing.T) {
	s := newScene(t)
	s.device.Unverified = true
	_, err := s.register(t, "alice", origin)
	wantErr(t, "nobody verified", err, account.ErrResponse)
	s.device.Unverified = false
	_, err = s.register(t, "nobody", origin)
	wantErr(t, "unknown user", err, account.ErrUnknownUser)

	begun, err := s.BeginRegistration(t.Context(), "alice", origin)
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.device.Create(origin, begun.Options)
	if err != nil {
		t.Fatal(err)
	}
	long := account.Registration{ID: begun.ID, Name: strings.Repeat("x", 65), Response: response}
	_, err = s.FinishRegistration(t.Context(), "alice", long)
	wantErr(t, "long name", err, account.ErrPasskeyName)
	answer := account.Registration{ID: begun.ID, Response: response}
	_, err = s.FinishRegistration(t.Context(), "root", answer)
	wantErr(t, "another user", err, account.ErrCeremony)
	_, err = s.FinishRegistration(t.Context(), "alice", answer)
	wantErr(t, "after somebody else tried", err, account.ErrCeremony)

	if _, err := s.Ensure(t.Context(), account.External{Name: "carol", Role: auth.RoleViewer, Origin: "oidc:id"}); err != nil {
		t.Fatal(err)
	}
	_, err = s.register(t, "carol", origin)
	wantErr(t, "user of a provider", err, account.ErrExternal)
}

func TestADeviceRegistersOnce(t *testing.T) {
	s := newScene(t)
	s.mustRegister(t)
	_, err := s.register(t, "alice", origin)
	wantErr(t, "same device", err, passkeytest.ErrExcluded)
	for range account.MaxPasskeys - 1 {
		s.device = passkeytest.Device{}
		s.mustRegister(t)
	}
	s.device = passkeytest.Device{}
	_, err = s.register(t, "alice", origin)
	wantErr(t, "one too many", err, account.ErrTooManyPasskeys)
}

func TestCeremoniesEnd(t *testing.T) {
	s := newScene(t)
	s.mustRegister(t)
	begun, err := s.BeginSignIn(t.Context(), origin)
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.device.Get(origin, begun.Options)
	if err != nil {
		t.Fatal(err)
	}
	s.clock = s.clock.Add(lifetime - time.Nanosecond)
	_, err = s.FinishSignIn(t.Context(), begun.ID, response)
	wantErr(t, "in time", err, nil)
	_, err = s.FinishSignIn(t.Context(), begun.ID, response)
	wantErr(t, "a second time", err, account.ErrCeremony)

	begun, err = s.BeginSignIn(t.Context(), origin)
	if err != nil {
		t.Fatal(err)
	}
	if response, err = s.device.Get(origin, begun.Options); err != nil {
		t.Fatal(err)
	}
	s.clock = s.clock.Add(lifetime)
	_, err = s.FinishSignIn(t.Context(), begun.ID, response)
	wantErr(t, "too late", err, account.ErrCeremony)
}

func TestOpenCeremoniesAreBounded(t *testing.T) {
	var p pending
	start := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	first := p.add(open{}, start)
	second := p.add(open{}, start)
	for range maxOpen - 1 {
		p.add(open{}, start)
	}
	if p.order.Len() != maxOpen || len(p.byID) != maxOpen {
		t.Errorf("%d and %d are kept, want %d", p.order.Len(), len(p.byID), maxOpen)
	}
	if _, ok := p.take(first, start); ok {
		t.Error("the oldest is kept")
	}
	if _, ok := p.take(second, start); !ok {
		t.Error("a younger one is gone")
	}
	p.add(open{}, start.Add(lifetime))
	if p.order.Len() != 1 || len(p.byID) != 1 {
		t.Errorf("%d and %d are kept after their time, want 1", p.order.Len(), len(p.byID))
	}
}

func TestLastWayInOfTheLastAdministrator(t *testing.T) {
	s := newScene(t)
	if _, err := s.register(t, "root", origin); err != nil {
		t.Fatal(err)
	}
	user, err := s.signIn(t, origin)
	if err != nil || user.Name != "root" {
		t.Fatalf("sign-in gave %q and %v", user.Name, err)
	}
	// With a password there is another way in, so the passkey may go.
	wantErr(t, "delete", s.DeletePasskey(t.Context(), "root", user.Passkeys[0].ID), nil)
}

func TestSites(t *testing.T) {
	tests := []struct {
		origin, public string
		want           string // the relying party and its origin; empty: none
	}{
		{"https://pulse.example.com", "", "pulse.example.com https://pulse.example.com"},
		{"https://Pulse.Example.com:443", "", "pulse.example.com https://pulse.example.com"},
		{"https://pulse.example.com:7655", "", "pulse.example.com https://pulse.example.com:7655"},
		{"http://localhost:7655", "", "localhost http://localhost:7655"},
		{"http://pulse.example.com", "", ""},
		{"https://192.0.2.7:7655", "", ""},
		{"https://[2001:db8::1]", "", ""},
		{"https://pulse", "", ""},
		{"https://", "", ""},
		{"null", "", ""},
		{"", "", ""},
		{"https://pulse.example.com", "https://pulse.example.com/", "pulse.example.com https://pulse.example.com"},
		{"https://evil.example.com", "https://pulse.example.com", ""},
		{"https://pulse.example.com:8443", "https://pulse.example.com", ""},
		{"http://localhost", "https://pulse.example.com", ""},
		{"https://pulse.example.com", "http://192.0.2.7:7655", ""},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.origin, " at ", tt.public), func(t *testing.T) {
			library, err := party(tt.origin, tt.public)
			if tt.want == "" {
				wantErr(t, "party", err, account.ErrSite)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := library.Config.RPID + " " + library.Config.RPOrigins[0]; got != tt.want {
				t.Errorf("party is %s, want %s", got, tt.want)
			}
		})
	}
}

func FuzzFinish(f *testing.F) {
	var device passkeytest.Device
	ceremonies := New(Options{})
	owner := account.Owner{Handle: []byte("handle"), Name: "alice"}
	begun, err := ceremonies.BeginRegistration(origin, owner)
	if err != nil {
		f.Fatal(err)
	}
	made, err := device.Create(origin, begun.Options)
	if err != nil {
		f.Fatal(err)
	}
	credential, err := ceremonies.FinishRegistration(begun.ID, owner, made)
	if err != nil {
		f.Fatal(err)
	}
	owner.Credentials = []account.Credential{credential}
	if begun, err = ceremonies.BeginSignIn(origin); err != nil {
		f.Fatal(err)
	}
	used, err := device.Get(origin, begun.Options)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(made)
	f.Add(used)
	f.Add([]byte(`{"id":"","response":null}`))
	find := func([]byte) (account.Owner, bool) { return owner, true }
	f.Fuzz(func(t *testing.T, response []byte) {
		// What answers another challenge must never be accepted, nor harm.
		begun, err := ceremonies.BeginRegistration(origin, owner)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ceremonies.FinishRegistration(begun.ID, owner, response); !errors.Is(err, account.ErrResponse) {
			t.Errorf("registration gave %v", err)
		}
		if begun, err = ceremonies.BeginSignIn(origin); err != nil {
			t.Fatal(err)
		}
		if _, _, err := ceremonies.FinishSignIn(begun.ID, response, find); !errors.Is(err, account.ErrResponse) {
			t.Errorf("sign-in gave %v", err)
		}
	})
}
