package inbox_test

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

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/archive/archivetest"
	"github.com/pulse-hub/pulse/hub/internal/plugin/inbox"
	"github.com/pulse-hub/pulse/hub/internal/plugin/trust"
)

// judge is a Judge that says what it was told to.
type judge struct {
	mu      sync.Mutex
	verdict trust.Verdict
	err     error
}

func (j *judge) Judge(context.Context, []byte, []byte) (trust.Verdict, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.verdict, j.err
}

// say makes it say that from now on.
func (j *judge) say(verdict trust.Verdict, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.verdict, j.err = verdict, err
}

// watched is a running inbox in a synctest bubble.
type watched struct {
	*inbox.Inbox
	dir     string
	judge   *judge
	changes int
	puts    int
}

// watch runs test in a bubble with an inbox that is running.
func watch(t *testing.T, options inbox.Options, test func(t *testing.T, w *watched)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := &watched{dir: dir, judge: &judge{verdict: trust.Verdict{State: trust.Unsigned}}}
		options.Folder, options.Judge = dir, w.judge
		options.Changed = func(context.Context, []inbox.Candidate) { w.changes++ }
		w.Inbox = inbox.New(options)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.Run(ctx) }()
		synctest.Wait()
		test(t, w)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
}

// scans lets so many scans happen.
func (w *watched) scans(number int) {
	time.Sleep(time.Duration(number) * 5 * time.Second)
	synctest.Wait()
}

func (w *watched) put(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), content, 0o644); err != nil {
		t.Fatal(err)
	}
	// Two writes within one tick of the system's clock must not look the same.
	w.puts++
	at := time.Unix(1_700_000_000+int64(w.puts), 0)
	if err := os.Chtimes(filepath.Join(w.dir, name), at, at); err != nil {
		t.Fatal(err)
	}
}

// states are the states by name.
func (w *watched) states() map[string]inbox.State {
	states := map[string]inbox.State{}
	for _, one := range w.Candidates() {
		states[one.Name] = one.State
	}
	return states
}

func (w *watched) want(t *testing.T, want map[string]inbox.State) {
	t.Helper()
	if diff := cmp.Diff(want, w.states()); diff != "" {
		t.Errorf("candidates (-want +got):\n%s", diff)
	}
}

func TestCandidatesComeChangeAndGo(t *testing.T) {
	watch(t, inbox.Options{}, func(t *testing.T, w *watched) {
		packed := archivetest.Plugin("acme.nas", "1.2.0").Pack(t, nil)
		w.put(t, "nas.pulseplugin", packed[:len(packed)/2])
		w.scans(1)
		w.want(t, map[string]inbox.State{"nas.pulseplugin": inbox.Settling})
		w.put(t, "nas.pulseplugin", packed) // the copy goes on
		w.scans(1)
		w.want(t, map[string]inbox.State{"nas.pulseplugin": inbox.Settling})
		w.scans(1)
		w.want(t, map[string]inbox.State{"nas.pulseplugin": inbox.Ready})
		first := w.Candidates()[0]
		if m := first.Content.Manifest; m.ID != "acme.nas" || m.Version != "1.2.0" || first.Verdict.State != trust.Unsigned {
			t.Errorf("candidate %+v", first)
		}

		changes := w.changes
		w.scans(20)
		if w.changes != changes {
			t.Errorf("%d changes reported while nothing changed", w.changes-changes)
		}

		w.put(t, "nas.pulseplugin", archivetest.Plugin("acme.nas", "1.10.0").Pack(t, nil))
		w.scans(1)
		w.want(t, map[string]inbox.State{"nas.pulseplugin": inbox.Settling})
		w.scans(1)
		second := w.Candidates()[0]
		if second.State != inbox.Ready || second.Content.Digest == first.Content.Digest {
			t.Errorf("candidate after the change: %+v", second)
		}

		if err := os.Remove(filepath.Join(w.dir, "nas.pulseplugin")); err != nil {
			t.Fatal(err)
		}
		w.scans(1)
		w.want(t, map[string]inbox.State{})
		if _, err := w.Open("nas.pulseplugin"); !errors.Is(err, inbox.ErrUnknown) {
			t.Errorf("open after it went: %v", err)
		}
	})
}

func TestWhatIsACandidate(t *testing.T) {
	watch(t, inbox.Options{}, func(t *testing.T, w *watched) {
		folder := archivetest.Files{}
		for _, entry := range archivetest.Entries(t, archivetest.Plugin("acme.ups", "1.0.0").Pack(t, nil)) {
			folder["ups/"+entry.Name] = entry.Content
		}
		folder["README.txt"] = "not a plugin"
		folder[".hidden/plugin.json"] = "{}"
		folder["empty/notes.txt"] = "no plugin.json"
		folder["broken.pulseplugin"] = "no archive"
		folder[".upload-1.pulseplugin"] = "half"
		folder.Write(t, w.dir)
		w.put(t, "nas.pulseplugin", archivetest.Plugin("acme.nas", "1.2.0").Pack(t, nil))
		if err := os.Symlink("nas.pulseplugin", filepath.Join(w.dir, "link.pulseplugin")); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("/etc", filepath.Join(w.dir, "linked")); err != nil {
			t.Fatal(err)
		}
		w.scans(2)
		w.want(t, map[string]inbox.State{
			"ups": inbox.Ready, "nas.pulseplugin": inbox.Ready, "empty": inbox.Invalid, "broken.pulseplugin": inbox.Invalid,
			"link.pulseplugin": inbox.Invalid, "linked": inbox.Invalid,
		})
		reasons := map[string]error{
			"empty": archive.ErrNoManifest, "broken.pulseplugin": archive.ErrNotPackage,
			"link.pulseplugin": archive.ErrKind, "linked": archive.ErrKind,
		}
		for _, one := range w.Candidates() {
			if !errors.Is(one.Reason, reasons[one.Name]) {
				t.Errorf("%s: refused with %v", one.Name, one.Reason)
			}
		}
		for _, name := range []string{"../secret", "", ".", "..", ".upload-1.pulseplugin", "ups/plugin.json"} {
			if _, err := w.Open(name); !errors.Is(err, inbox.ErrUnknown) {
				t.Errorf("open %q: %v", name, err)
			}
		}
	})
}

func TestAFolderThatGrowsIsLeftAlone(t *testing.T) {
	watch(t, inbox.Options{}, func(t *testing.T, w *watched) {
		entries := archivetest.Entries(t, archivetest.Plugin("acme.ups", "1.0.0").Pack(t, nil))
		for _, entry := range entries {
			archivetest.Files{"ups/" + entry.Name: entry.Content}.Write(t, w.dir)
			w.scans(1)
			w.want(t, map[string]inbox.State{"ups": inbox.Settling})
		}
		w.scans(1)
		w.want(t, map[string]inbox.State{"ups": inbox.Ready})
	})
}

func TestVerdictsFollowThePublishers(t *testing.T) {
	watch(t, inbox.Options{}, func(t *testing.T, w *watched) {
		w.put(t, "nas.pulseplugin", archivetest.Plugin("acme.nas", "1.2.0").Pack(t, nil))
		steps := []struct {
			verdict trust.Verdict
			err     error
			want    inbox.State
		}{
			{trust.Verdict{State: trust.UnknownKey, KeyID: "1"}, nil, inbox.Ready},
			{trust.Verdict{State: trust.Signed, KeyID: "1", Publisher: "Acme"}, nil, inbox.Ready},
			{trust.Verdict{State: trust.Bad, Reason: "it is not over this content"}, nil, inbox.Invalid},
			{trust.Verdict{}, errors.New("store is closed"), inbox.Settling},
			{trust.Verdict{State: trust.Unsigned}, nil, inbox.Ready},
		}
		w.scans(2)
		for _, step := range steps {
			w.judge.say(step.verdict, step.err)
			w.scans(1)
			got := w.Candidates()[0]
			if got.State != step.want || got.State == inbox.Ready && got.Verdict != step.verdict {
				t.Errorf("%+v: got %s %+v", step, got.State, got.Verdict)
			}
			if got.State == inbox.Invalid && !errors.Is(got.Reason, inbox.ErrSignature) {
				t.Errorf("refused with %v", got.Reason)
			}
		}
	})
}

func TestCandidatesAreBounded(t *testing.T) {
	watch(t, inbox.Options{MaxCandidates: 3}, func(t *testing.T, w *watched) {
		for i := range 5 {
			w.put(t, fmt.Sprintf("%d.pulseplugin", i), []byte("x"))
		}
		w.scans(2)
		if got := w.Candidates(); len(got) != 3 || got[0].Name != "0.pulseplugin" || w.Overflow() != 2 {
			t.Errorf("%d candidates, %d beyond", len(got), w.Overflow())
		}
		if err := os.Remove(filepath.Join(w.dir, "0.pulseplugin")); err != nil {
			t.Fatal(err)
		}
		w.scans(2)
		if _, ok := w.states()["3.pulseplugin"]; !ok || w.Overflow() != 1 {
			t.Errorf("after a place became free: %v, %d beyond", w.states(), w.Overflow())
		}
	})
}

func TestInboxThatVanishesComesBack(t *testing.T) {
	watch(t, inbox.Options{}, func(t *testing.T, w *watched) {
		w.put(t, "x.pulseplugin", []byte(strings.Repeat("x", 30)))
		w.scans(2)
		aside := w.dir + ".aside"
		if err := os.Rename(w.dir, aside); err != nil {
			t.Fatal(err)
		}
		w.scans(2)
		w.want(t, map[string]inbox.State{"x.pulseplugin": inbox.Invalid}) // what was known is not forgotten
		if err := os.Rename(aside, w.dir); err != nil {
			t.Fatal(err)
		}
		w.put(t, "y.pulseplugin", []byte("y"))
		w.scans(2)
		w.want(t, map[string]inbox.State{"x.pulseplugin": inbox.Invalid, "y.pulseplugin": inbox.Invalid})
	})
}
