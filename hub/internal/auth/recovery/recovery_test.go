package recovery

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// journal remembers what was told; with an error it cannot keep it.
type journal struct {
	mu   sync.Mutex
	told []string
	err  error
}

func (j *journal) Add(_ context.Context, event audit.Event) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	subject, _, _ := strings.Cut(event.Subject, " ")
	j.told = append(j.told, event.Kind+" "+subject+" "+event.What)
	return j.err
}

func (j *journal) take() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	told := j.told
	j.told = nil
	return told
}

// faulty is a store that can refuse to write.
type faulty struct {
	*store.DB
	err error
}

func (f *faulty) Put(ctx context.Context, b store.Bucket, key string, value []byte) error {
	if f.err != nil {
		return f.err
	}
	return f.DB.Put(ctx, b, key, value)
}

func (f *faulty) Delete(ctx context.Context, b store.Bucket, key string) error {
	if f.err != nil {
		return f.err
	}
	return f.DB.Delete(ctx, b, key)
}

type bench struct {
	*Desk
	t       *testing.T
	dir     string
	where   string // of the store
	now     time.Time
	records *faulty
	journal *journal
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{
		t: t, dir: t.TempDir(), where: filepath.Join(t.TempDir(), "pulse.db"),
		now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), records: &faulty{}, journal: &journal{},
	}
	t.Cleanup(func() {
		if b.records.DB != nil {
			_ = b.records.Close()
		}
	})
	b.restart()
	return b
}

// restart builds the desk anew, as another start of the hub does.
func (b *bench) restart() {
	b.t.Helper()
	if b.records.DB != nil {
		if err := b.records.Close(); err != nil {
			b.t.Fatal(err)
		}
	}
	db, err := store.Open(b.where, store.Options{KeyFile: b.where + ".key"})
	if err != nil {
		b.t.Fatal(err)
	}
	b.records.DB = db
	b.Desk = New(Options{
		Records: b.records, Dir: b.dir, Audit: b.journal, Logger: hclog.NewNullLogger(), Now: func() time.Time { return b.now },
	})
	if err := b.Load(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) expectTold(want ...string) {
	b.t.Helper()
	if diff := cmp.Diff(want, b.journal.take()); diff != "" {
		b.t.Errorf("told (-want +got):\n%s", diff)
	}
}

func (b *bench) shown() bool {
	_, err := os.Lstat(filepath.Join(b.dir, ".auth_recovery"))
	return err == nil
}

func TestTokenWorksOnce(t *testing.T) {
	b := newBench(t)
	raw, minutes, err := b.NewToken(t.Context(), 30)
	if err != nil || minutes != 30 || !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(raw) {
		t.Fatalf("made %q for %d minutes, %v", raw, minutes, err)
	}
	for range 3 {
		if !b.Valid(raw) {
			t.Fatal("looking at a token used it")
		}
	}
	for _, wrong := range []string{"", raw[1:], raw + "0", strings.Repeat("0", 64), hash(raw)} {
		if b.Valid(wrong) {
			t.Errorf("%q is valid", wrong)
		}
		if err := b.Consume(t.Context(), wrong); !errors.Is(err, ErrToken) {
			t.Errorf("consuming %q gave %v", wrong, err)
		}
	}
	if b.restart(); !b.Valid(raw) {
		t.Error("a restart made the token void")
	}
	failed := errors.New("password is too short")
	if err := b.Use(t.Context(), raw, func(context.Context) error { return failed }); !errors.Is(err, failed) || !b.Valid(raw) {
		t.Errorf("after an action that failed: %v, valid %v", err, b.Valid(raw))
	}
	gone, cancel := context.WithCancel(t.Context())
	err = b.Use(gone, raw, func(ctx context.Context) error {
		if b.Valid(raw) {
			t.Error("the token is valid while it is used")
		}
		if err := b.Consume(ctx, raw); !errors.Is(err, ErrToken) {
			t.Errorf("a second use gave %v", err)
		}
		cancel() // the caller hangs up; what it wanted is done
		return nil
	})
	if err != nil || b.Valid(raw) {
		t.Errorf("using it gave %v", err)
	}
	if err := b.Consume(t.Context(), raw); !errors.Is(err, ErrToken) {
		t.Errorf("using it again gave %v", err)
	}
	if b.restart(); b.Valid(raw) {
		t.Error("it is valid again after a restart")
	}
	b.expectTold("recovery token created", "recovery token used")
}

func TestTokensEnd(t *testing.T) {
	b := newBench(t)
	for minutes, want := range map[int]int{-1: 15, 0: 15, 1: 1, 60: 60, 61: 15} {
		raw, got, err := b.NewToken(t.Context(), minutes)
		if err != nil || got != want {
			t.Fatalf("%d minutes gave %d, %v", minutes, got, err)
		}
		made := b.now
		if b.now = made.Add(time.Duration(want)*time.Minute - 1); !b.Valid(raw) {
			t.Errorf("a token for %d minutes ended early", minutes)
		}
		if b.now = made.Add(time.Duration(want) * time.Minute); b.Valid(raw) {
			t.Errorf("a token for %d minutes did not end", minutes)
		}
		if err := b.Consume(t.Context(), raw); !errors.Is(err, ErrToken) {
			t.Errorf("consuming it gave %v", err)
		}
	}
}

func TestTokensAreBounded(t *testing.T) {
	b := newBench(t)
	var first string
	for i := range MaxTokens {
		raw, _, err := b.NewToken(t.Context(), 60)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = raw
		}
	}
	if _, _, err := b.NewToken(t.Context(), 60); !errors.Is(err, ErrTooManyTokens) || !b.Valid(first) {
		t.Errorf("one too many gave %v", err)
	}
	b.now = b.now.Add(time.Hour)
	if _, _, err := b.NewToken(t.Context(), 60); err != nil {
		t.Errorf("when the others had ended: %v", err)
	}
}

func TestTokenIsNowhereInClear(t *testing.T) {
	b := newBench(t)
	raw, _, err := b.NewToken(t.Context(), 15)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := b.records.Get(t.Context(), store.SignIn, tokensKey)
	if err != nil || strings.Contains(string(kept), raw) || !strings.Contains(string(kept), hash(raw)) {
		t.Errorf("kept is %s, %v", kept, err)
	}
}

func TestOnlyOneOfManyUsesAToken(t *testing.T) {
	b := newBench(t)
	raw, _, err := b.NewToken(t.Context(), 15)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	acted := 0
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			err := b.Use(t.Context(), raw, func(context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				acted++
				return nil
			})
			if err != nil && !errors.Is(err, ErrToken) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if acted != 1 {
		t.Errorf("%d acted", acted)
	}
}

func TestStoreThatCannotWrite(t *testing.T) {
	b := newBench(t)
	raw, _, err := b.NewToken(t.Context(), 15)
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("disk is full")
	b.records.err = full
	if _, _, err := b.NewToken(t.Context(), 15); !errors.Is(err, full) {
		t.Errorf("a token that is not kept: %v", err)
	}
	if err := b.TurnOn(t.Context()); !errors.Is(err, full) || b.On() || b.shown() {
		t.Errorf("a mode that is not kept: %v, on %v", err, b.On())
	}
	if err := b.Consume(t.Context(), raw); !errors.Is(err, full) || b.Valid(raw) {
		t.Errorf("a use that is not kept: %v, valid %v", err, b.Valid(raw))
	}
	b.records.err, b.journal.err = nil, full // which is no reason to keep anybody out
	if err := b.TurnOn(t.Context()); err != nil || !b.On() {
		t.Errorf("without the journal: %v", err)
	}
	b.records.err = full
	if err := b.TurnOff(t.Context()); !errors.Is(err, full) || b.On() || b.shown() {
		t.Errorf("an end that is not kept: %v, on %v", err, b.On())
	}
	b.records.err = nil
	if b.restart(); b.On() {
		t.Error("the mode is on again after a restart, without its file")
	}
}

func TestModeIsTurnedOnAndOff(t *testing.T) {
	b := newBench(t)
	if err := b.TurnOff(t.Context()); !errors.Is(err, ErrOff) || b.On() {
		t.Errorf("turning off what is off gave %v", err)
	}
	if err := b.TurnOn(t.Context()); err != nil || !b.On() || !b.shown() {
		t.Fatalf("turning on gave %v", err)
	}
	if until, _ := b.Until(); !until.Equal(b.now.Add(time.Hour)) {
		t.Errorf("it ends at %v", until)
	}
	if err := b.follow(t.Context()); err != nil || !b.On() {
		t.Errorf("looking gave %v", err)
	}
	if err := b.TurnOff(t.Context()); err != nil || b.On() || b.shown() {
		t.Errorf("turning off gave %v", err)
	}
	if b.restart(); b.On() {
		t.Error("a restart turned it on")
	}
	b.expectTold("recovery mode enabled", "recovery mode disabled")
}

func TestModeEndsByItself(t *testing.T) {
	b := newBench(t)
	if err := b.TurnOn(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.now = b.now.Add(59 * time.Minute)
	if b.restart(); !b.On() {
		t.Fatal("a restart turned it off")
	}
	b.now = b.now.Add(time.Minute) // an hour after the beginning, not after the restart
	if b.On() {
		t.Error("it is on for longer than an hour")
	}
	if err := b.TurnOff(t.Context()); !errors.Is(err, ErrOff) {
		t.Errorf("turning off what has ended gave %v", err)
	}
	b.restart()
	if b.On() || b.shown() {
		t.Error("a restart made it longer")
	}
	b.expectTold("recovery mode enabled", "recovery mode ended")
}

func TestWrongClockMakesNothingLonger(t *testing.T) {
	b := newBench(t)
	raw, _, err := b.NewToken(t.Context(), 60)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.TurnOn(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.now = b.now.AddDate(-1, 0, 0)
	b.restart()
	if !b.On() || !b.Valid(raw) {
		t.Error("a clock that goes back ended everything")
	}
	b.now = b.now.Add(time.Hour)
	if b.On() || b.Valid(raw) {
		t.Error("it lasts longer than an hour")
	}
}

func TestModeFollowsItsFile(t *testing.T) {
	b := newBench(t)
	create := func() {
		t.Helper()
		if err := os.WriteFile(filepath.Join(b.dir, ".auth_recovery"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	create()
	if b.restart(); !b.On() {
		t.Fatal("a file that was there at the start turned nothing on")
	}
	b.now = b.now.Add(30 * time.Minute)
	b.restart()
	if until, on := b.Until(); !on || !until.Equal(b.now.Add(30*time.Minute)) {
		t.Errorf("after a restart it ends at %v", until)
	}
	if err := os.Remove(b.path); err != nil {
		t.Fatal(err)
	}
	if err := b.follow(t.Context()); err != nil || b.On() {
		t.Errorf("without its file: %v, on %v", err, b.On())
	}
	create()
	if err := b.follow(t.Context()); err != nil || !b.On() {
		t.Errorf("with its file: %v, on %v", err, b.On())
	}
	if err := os.Remove(b.path); err != nil { // while the hub is down
		t.Fatal(err)
	}
	if b.restart(); b.On() {
		t.Error("a restart without the file left it on")
	}
	b.expectTold("recovery mode enabled", "recovery mode disabled", "recovery mode enabled", "recovery mode disabled")
}

func TestRunEndsTheMode(t *testing.T) {
	b := newBench(t)
	b.options.Now = time.Now
	synctest.Test(t, func(t *testing.T) {
		b.turn = make(chan struct{}, 1)
		if err := b.TurnOn(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() {
			if err := b.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		time.Sleep(time.Hour - time.Second) // of the bubble's clock
		synctest.Wait()
		if !b.On() || !b.shown() {
			t.Error("it ended early")
		}
		time.Sleep(lookInterval + time.Second)
		synctest.Wait()
		if b.On() || b.shown() {
			t.Error("it did not end")
		}
		cancel()
		running.Wait()
	})
	b.expectTold("recovery mode enabled", "recovery mode ended")
	if _, err := b.records.Get(t.Context(), store.SignIn, modeKey); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("it is still kept: %v", err)
	}
	if _, err := os.Stat(b.path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file: %v", err)
	}
}

func TestRecordsThatCannotBeRead(t *testing.T) {
	for _, key := range []string{tokensKey, modeKey} {
		b := newBench(t)
		if err := b.records.Put(t.Context(), store.SignIn, key, []byte("{[")); err != nil {
			t.Fatal(err)
		}
		if err := b.Load(t.Context()); !errors.Is(err, store.ErrDecode) || b.On() {
			t.Errorf("%s gave %v", key, err)
		}
	}
}

func FuzzRecords(f *testing.F) {
	f.Add([]byte(`[{"hash":"00","expires":"2026-11-23T08:00:00Z"},null]`), []byte(`{"until":"2026-11-23T08:30:00Z"}`))
	f.Add([]byte(`null`), []byte(`{"ignored":"9999-12-31T23:59:59Z"}`))
	f.Fuzz(func(t *testing.T, tokens, kept []byte) {
		now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
		records := memory{tokensKey: tokens, modeKey: kept}
		d := New(Options{
			Records: records, Dir: t.TempDir(), Audit: &journal{}, Logger: hclog.NewNullLogger(), Now: func() time.Time { return now },
		})
		if d.Load(t.Context()) != nil {
			return
		}
		if d.On() {
			t.Error("it is on without its file")
		}
		now = now.Add(time.Hour)
		if live := d.live(); len(live) != 0 {
			t.Errorf("valid for more than an hour: %v", live)
		}
	})
}

// memory is a store of one bucket.
type memory map[string][]byte

func (m memory) Get(_ context.Context, _ store.Bucket, key string) ([]byte, error) {
	value, ok := m[key]
	if !ok {
		return nil, store.ErrNotFound
	}
	return value, nil
}

func (m memory) List(context.Context, store.Bucket, string) ([]store.Record, error) { return nil, nil }

func (m memory) Put(_ context.Context, _ store.Bucket, key string, value []byte) error {
	m[key] = value
	return nil
}

func (m memory) Delete(_ context.Context, _ store.Bucket, key string) error {
	delete(m, key)
	return nil
}
