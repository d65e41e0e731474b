package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// TestNothingSecretIsOnDisk: the file of the store tells no cookie, no token
// and nothing of the identity provider, and yet brings the session back.
func TestNothingSecretIsOnDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	upstream := Upstream{IDToken: "the-id-token", AccessToken: "the-access-token", RefreshToken: "the-refresh-token", SessionID: "the-sid"}
	var opened Opened
	withStore(t, path, func(desk *Desk) {
		var err error
		opened, err = desk.Open(t.Context(), Draft{
			User: "anna-of-the-test", Method: auth.MethodOIDC, Provider: "default", Address: here().Address, UserAgent: firefox, Upstream: &upstream,
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{
		opened.Secret, opened.CSRF, upstream.IDToken, upstream.AccessToken, upstream.RefreshToken, upstream.SessionID, "anna-of-the-test",
	} {
		if strings.Contains(string(file), secret) {
			t.Errorf("the file holds %.12s…", secret)
		}
	}
	if !strings.Contains(string(file), keyText(digestOf(opened.Secret))) {
		t.Error("the file does not hold the hash of the cookie")
	}
	withStore(t, path, func(desk *Desk) {
		found, ok := desk.Find(opened.Secret, here())
		if !ok || found.User != "anna-of-the-test" || found.Method != auth.MethodOIDC || !desk.CheckCSRF(found.ID, opened.CSRF) {
			t.Errorf("after a restart: %v, %+v", ok, found)
		}
		if got, ok := desk.Upstream(found.ID); !ok || got != upstream {
			t.Errorf("after a restart the provider's tokens are %+v, %v", got, ok)
		}
	})
}

// TestSessionsOfAnotherKeyAreLeftOut: a hub whose key was lost starts.
func TestSessionsOfAnotherKeyAreLeftOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	var lost Opened
	withStore(t, path, func(desk *Desk) {
		lost, _ = desk.Open(t.Context(), Draft{User: "anna", Method: auth.MethodSession, UserAgent: firefox})
	})
	if err := os.Remove(path + ".key"); err != nil {
		t.Fatal(err)
	}
	withStore(t, path, func(desk *Desk) {
		if _, ok := desk.Find(lost.Secret, here()); ok {
			t.Error("a session that cannot be opened was found")
		}
		if _, err := desk.Open(t.Context(), Draft{User: "anna", Method: auth.MethodSession}); err != nil {
			t.Error(err)
		}
	})
}

// withStore runs something with a desk on the store at the path, and closes the store without ending the desk.
func withStore(t *testing.T, path string, fn func(*Desk)) {
	t.Helper()
	db, err := store.Open(path, store.Options{KeyFile: path + ".key", AllowNewKey: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	desk := New(Options{Records: db})
	if err := desk.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	fn(desk)
}

// TestAKillLeavesTheOldOrTheNew: whatever was written last, a restart finds
// the sessions as they were before a change or after it.
func TestAKillLeavesTheOldOrTheNew(t *testing.T) {
	b := newBench(t, 0)
	states := map[string]bool{"": true}
	note := func() {
		var users []string
		for _, one := range b.List("") {
			users = append(users, one.User)
		}
		states[strings.Join(users, " ")] = true
	}
	open := func(user string) Opened {
		b.now = b.now.Add(time.Second)
		defer note()
		return b.open(t, user)
	}
	first := open("anna")
	open("ben")
	open("anna")
	if _, err := b.EndUser(t.Context(), "anna", first.ID); err != nil {
		t.Fatal(err)
	}
	note()
	open("chris")
	if err := b.End(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	note()
	for i, records := range b.disk.past {
		after := &bench{disk: &disk{records: records}, journal: b.journal, now: b.now}
		after.restart(t, 0)
		var users []string
		for _, one := range after.List("") {
			users = append(users, one.User)
		}
		if state := strings.Join(users, " "); !states[state] {
			t.Errorf("after write %d the sessions are %q, which they never were", i, state)
		}
	}
}

func TestUseIsWrittenRarelyAndAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &disk{}
		desk := New(Options{Records: disk})
		opened, err := desk.Open(t.Context(), Draft{User: "anna", Method: auth.MethodSession, UserAgent: firefox, Address: here().Address})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- desk.Run(ctx) }()
		before := disk.count()
		for range 3600 { // an hour of a page that asks every second
			time.Sleep(time.Second)
			if _, ok := desk.Find(opened.Secret, here()); !ok {
				t.Fatal("the session is gone")
			}
		}
		if n := disk.count() - before; n == 0 || n > 6 {
			t.Errorf("an hour of use was written %d times", n)
		}
		last, _ := desk.Find(opened.Secret, here())
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		again := New(Options{Records: disk})
		if err := again.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]Session{last}, again.List("")); diff != "" {
			t.Errorf("after a restart: %s", diff)
		}
	})
}

func TestExpiredSessionsLeaveNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk, journal := &disk{}, &journal{}
		desk := New(Options{Records: disk, Audit: journal})
		if _, err := desk.Open(t.Context(), Draft{User: "anna", Method: auth.MethodSession}); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- desk.Run(ctx) }()
		time.Sleep(25 * time.Hour)
		synctest.Wait()
		if len(disk.records) != 0 || len(desk.table.entries) != 0 || len(desk.table.ids) != 0 || len(desk.table.users) != 0 {
			t.Errorf("%d records and %d entries are left", len(disk.records), len(desk.table.entries))
		}
		if told := journal.told(); told != "anna session ended: expired" {
			t.Errorf("written down: %q", told)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestADiskThatFailsIsTriedAgain(t *testing.T) {
	b := newBench(t, 0)
	failure := errors.New("disk is gone")
	kept := b.open(t, "anna")
	b.disk.fail(failure)
	if _, err := b.Open(t.Context(), Draft{User: "ben", Method: auth.MethodSession}); !errors.Is(err, failure) || len(b.List("ben")) != 0 {
		t.Errorf("opening gave %v, and ben has %d sessions", err, len(b.List("ben")))
	}
	if err := b.End(t.Context(), kept.ID); !errors.Is(err, failure) || b.live(kept.Secret) {
		t.Errorf("ending gave %v, or the session is still valid", err)
	}
	if err := b.flush(t.Context(), useSlack); !errors.Is(err, failure) {
		t.Errorf("writing gave %v", err)
	}
	b.disk.fail(store.ErrNoSpace)
	chris := b.open(t, "chris") // who makes room
	if !b.live(chris.Secret) {
		t.Error("nobody can sign in while the disk is full")
	}
	b.disk.fail(nil)
	if err := b.flush(t.Context(), useSlack); err != nil {
		t.Fatal(err)
	}
	b.restart(t, 0)
	if b.live(kept.Secret) || !b.live(chris.Secret) {
		t.Error("the records are not what was meant")
	}
}

// TestAnEndedSessionIsNeverWrittenBack: not even by a write that had begun.
func TestAnEndedSessionIsNeverWrittenBack(t *testing.T) {
	b := newBench(t, 0)
	opened := b.open(t, "anna")
	b.now = b.now.Add(time.Hour)
	b.live(opened.Secret)
	b.disk.before = func() { // after the keys were collected, another request ends the session
		b.mu.Lock()
		defer b.mu.Unlock()
		b.dropLocked(b.table.ids[opened.ID])
	}
	if err := b.flush(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	b.restart(t, 0)
	if b.live(opened.Secret) {
		t.Error("the session is back")
	}
}

func TestWhatCannotBeReadIsLeftOutAndRemoved(t *testing.T) {
	b := newBench(t, 3)
	expired := b.open(t, "expired")
	b.now = b.now.Add(24 * time.Hour)
	var opened []Opened
	for i := range 3 {
		b.now = b.now.Add(time.Second)
		opened = append(opened, b.open(t, fmt.Sprint("user ", i)))
	}
	key := keyText(digestOf("a"))
	b.disk.records[key] = "{"
	b.restart(t, 2) // with a lower limit
	if b.live(expired.Secret) || b.live(opened[0].Secret) || !b.live(opened[1].Secret) || !b.live(opened[2].Secret) {
		t.Error("other sessions came back than the two used last")
	}
	if err := b.flush(t.Context(), useSlack); err != nil {
		t.Fatal(err)
	}
	if _, ok := b.disk.records[key]; ok || len(b.disk.records) != 2 {
		t.Errorf("%d records are left", len(b.disk.records))
	}
}

func TestEndingsWithoutARequestAreWrittenDown(t *testing.T) {
	b := newBench(t, 0)
	stolen := b.open(t, "anna")
	b.Find(stolen.Secret, Visitor{UserAgent: chrome})
	if err := b.End(t.Context(), b.open(t, "by request").ID); err != nil {
		t.Fatal(err)
	}
	b.journal.err = errors.New("log is full")
	if err := b.flush(t.Context(), useSlack); !errors.Is(err, b.journal.err) {
		t.Errorf("got %v", err)
	}
	b.journal.err = nil
	for range 2 {
		if err := b.flush(t.Context(), useSlack); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff("anna session ended: came from another browser or operating system", b.journal.told()); diff != "" {
		t.Error(diff)
	}
	event := b.journal.events[0]
	if event.Credential != "session:"+stolen.ID || event.Actor != "hub" || event.From != "192.0.2.7" {
		t.Errorf("the event is %+v", event)
	}
	b.journal.err = errors.New("log is full")
	for i := range maxEndings + 10 {
		b.Find(b.open(t, fmt.Sprint("user ", i)).Secret, Visitor{})
	}
	_ = b.flush(t.Context(), useSlack)
	if len(b.endings) != maxEndings || b.lost != 0 { // said in the log instead
		t.Errorf("%d endings wait, %d are lost", len(b.endings), b.lost)
	}
}

// TestManyAtOnce: whatever happens at the same time, memory and disk agree in the end.
func TestManyAtOnce(t *testing.T) {
	b := newBench(t, 60)
	var wait sync.WaitGroup
	for worker := range 8 {
		wait.Go(func() {
			user := fmt.Sprint("user ", worker%3)
			var mine []Opened
			for i := range 60 {
				opened := b.open(t, user)
				mine = append(mine, opened)
				b.live(mine[i/2].Secret)
				_, _ = b.NewCSRF(t.Context(), opened.ID)
				switch i % 10 {
				case 3:
					_ = b.End(t.Context(), mine[i/2].ID)
				case 5:
					_ = b.SetUpstream(t.Context(), opened.ID, Upstream{IDToken: "x"})
				case 7:
					_ = b.flush(t.Context(), 0)
				case 9:
					_, _ = b.EndUser(t.Context(), user, opened.ID)
				}
			}
		})
	}
	wait.Wait()
	if err := b.flush(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	before := b.List("")
	b.restart(t, 60)
	if diff := cmp.Diff(before, b.List("")); diff != "" || len(before) == 0 || len(before) > 60 || len(b.disk.records) != len(before) {
		t.Errorf("%d sessions, %d records: %s", len(before), len(b.disk.records), diff)
	}
}
