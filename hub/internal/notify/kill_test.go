package notify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/notify"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// killEnv tells the test binary that it is the child which gets killed: where its store is, and where it delivers to.
const killEnv = "PULSE_TEST_NOTIFY_KILL"

// killsEnv says how often the child is killed; 25 times without it.
const killsEnv = "PULSE_TEST_NOTIFY_KILLS"

// killFeed is how often the child decides something.
const killFeed = 15 * time.Millisecond

func killChannels() []notify.Channel {
	return []notify.Channel{{ID: "a", Kind: notify.Email, Enabled: true}, {ID: "b", Kind: notify.Email, Enabled: true}}
}

// courier delivers to the server of the parent, and knows what it has delivered.
type courier struct {
	server string
	mu     sync.Mutex
	told   map[string]int // by alert id: how many channels know that it fired
}

func (c *courier) List(context.Context) ([]notify.Channel, error) { return killChannels(), nil }

func (c *courier) Send(ctx context.Context, channel string, m *notification.Message) (notification.Result, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return notification.Result{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.server+"/"+channel, bytes.NewReader(body))
	if err != nil {
		return notification.Result{}, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return notification.Result{}, err
	}
	defer response.Body.Close()
	if m.Phase == notification.PhaseFiring {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, a := range m.Alerts {
			c.told[a.ID]++
		}
	}
	return notification.Result{Outcome: notification.OutcomeDelivered, Status: response.StatusCode}, nil
}

// known returns alerts that everybody knows of, and forgets them.
func (c *courier) known() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var ids []string
	for id, n := range c.told {
		if n == len(killChannels()) {
			ids = append(ids, id)
			delete(c.told, id)
		}
	}
	return ids
}

// TestKillChild decides about alerts and delivers until it is killed, or decides nothing and ends when all is delivered.
func TestKillChild(t *testing.T) {
	path, server, ok := strings.Cut(os.Getenv(killEnv), " ")
	if !ok {
		t.Skip("runs as the child of TestNothingIsLostOrRepeatedByKill")
	}
	server, final := strings.CutSuffix(server, " final")
	db, err := store.Open(path, store.Options{KeyFile: path + ".key"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	out := &courier{server: server, told: map[string]int{}}
	p := notify.New(notify.Options{
		Records: db, Channels: out, Sender: out, Values: notifications.Values, PublicURL: func() string { return "" }, Logger: hclog.NewNullLogger(),
		Grouping: func() notify.Grouping { return notify.Grouping{Enabled: true, Window: 2 * killFeed} },
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	defer func() { cancel(); <-done }()
	tick := time.NewTicker(killFeed)
	defer tick.Stop()
	fired := map[string]alert.Event{}
	for range tick.C {
		if final {
			if left := queued(t, db); len(left) == 0 {
				return
			}
			continue
		}
		events := decide(t, db, fired, out.known())
		p.Offer(events)
	}
}

// queued returns what is on its way.
func queued(t *testing.T, db *store.DB) []store.Record {
	t.Helper()
	var all []store.Record
	for _, prefix := range []string{"event/", "message/"} {
		records, err := db.List(t.Context(), store.Queue, prefix)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, records...)
	}
	return all
}

// decide fires two alerts and resolves those that are known, and writes down that it did in the same transaction.
func decide(t *testing.T, db *store.DB, fired map[string]alert.Event, known []string) []alert.Event {
	t.Helper()
	var events []alert.Event
	err := db.Update(t.Context(), func(tx store.Tx) error {
		number, err := store.GetJSON[uint64](t.Context(), tx, store.Settings, "number")
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		for range 2 {
			number++
			e := firedAlert(number)
			fired[e.Alert.ID] = e
			events = append(events, e)
		}
		for _, id := range known {
			number++
			e := fired[id]
			if e.Alert == nil {
				continue // of the life before
			}
			delete(fired, id)
			e.Number, e.At, e.Kind = number, time.Now(), alert.Resolved
			events = append(events, e)
		}
		for _, e := range events {
			if err := tx.Put(t.Context(), store.Settings, string(e.Kind)+"/"+e.Alert.ID, nil); err != nil {
				return err
			}
		}
		if err := store.PutJSON(t.Context(), tx, store.Settings, "number", number); err != nil {
			return err
		}
		return notify.Outbox(t.Context(), tx, events)
	})
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// inbox is the server that the child delivers to.
type inbox struct {
	mu sync.Mutex
	// phases are those in which a channel was told of an alert, in order.
	phases map[string][]string
	// life counts the messages to each channel of the present child.
	life     map[string]int
	messages int
	came     chan struct{} // has something when something came
}

func (i *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var m notification.Message
	if err != nil || json.Unmarshal(body, &m) != nil {
		return // it was killed while it sent: nobody was told
	}
	channel := strings.TrimPrefix(r.URL.Path, "/")
	i.mu.Lock()
	for _, a := range m.Alerts {
		i.phases[channel+" "+a.ID] = append(i.phases[channel+" "+a.ID], m.Phase)
	}
	i.life[channel]++
	i.messages++
	i.mu.Unlock()
	select {
	case i.came <- struct{}{}:
	default:
	}
	// An answer that takes a moment is what kills fall into.
	wait := time.NewTimer(time.Duration(rand.Int64N(int64(8 * time.Millisecond))))
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-r.Context().Done():
	}
}

// least returns how many messages the channel has got that has got the fewest in this life.
func (i *inbox) least() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	least := i.life["a"]
	for _, c := range killChannels() {
		least = min(least, i.life[c.ID])
	}
	return least
}

// TestNothingIsLostOrRepeatedByKill kills a child again and again, wherever it happens to be, and counts what arrives.
func TestNothingIsLostOrRepeatedByKill(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	kills := 25
	if n, err := strconv.Atoi(os.Getenv(killsEnv)); err == nil {
		kills = n
	}
	path := filepath.Join(t.TempDir(), "pulse.db")
	box := &inbox{phases: map[string][]string{}, life: map[string]int{}, came: make(chan struct{}, 1)}
	server := httptest.NewServer(box)
	defer server.Close()
	settle, doubts := false, 0
	for range kills {
		runAndKill(t, path+" "+server.URL, box, settle)
		// What was being sent may have arrived. It is sent again; a child that is killed then as well must not have
		// been sending the same, or nobody could say whether it arrived.
		if settle = inDoubt(t, path); settle {
			doubts++
		}
	}
	runAndKill(t, path+" "+server.URL+" final", box, false)
	verifyInbox(t, path, box)
	t.Logf("%d kills, %d while something was being sent, %d messages", kills, doubts, box.messages)
}

// runAndKill runs a child and kills it at some point: one that settles, after it has finished what was in doubt.
func runAndKill(t *testing.T, env string, box *inbox, settle bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	box.mu.Lock()
	clear(box.life)
	box.mu.Unlock()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKillChild$")
	child.Env = append(os.Environ(), killEnv+"="+env)
	var out bytes.Buffer
	child.Stdout, child.Stderr = &out, &out
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- child.Wait() }()
	if strings.HasSuffix(env, " final") {
		if err := <-done; err != nil {
			t.Fatalf("the last child: %v\n%s", err, out.String())
		}
		return
	}
	for settle && box.least() < 2 {
		select {
		case <-box.came:
		case err := <-done:
			t.Fatalf("child ended: %v\n%s", err, out.String())
		}
	}
	life := time.NewTimer(time.Duration(rand.Int64N(int64(250 * time.Millisecond))))
	defer life.Stop()
	select {
	case <-life.C:
	case err := <-done:
		t.Fatalf("child ended: %v\n%s", err, out.String())
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-done // it was killed, so it can only fail
}

// inDoubt says that something was being sent when the child was killed.
func inDoubt(t *testing.T, path string) bool {
	t.Helper()
	db, err := store.Open(path, store.Options{KeyFile: path + ".key"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	return slices.ContainsFunc(queued(t, db), func(r store.Record) bool { return strings.Contains(string(r.Value), `"sending":true`) })
}

// verifyInbox compares what was decided with what arrived.
func verifyInbox(t *testing.T, path string, box *inbox) {
	t.Helper()
	db, err := store.Open(path, store.Options{KeyFile: path + ".key"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	want := map[string]int{}
	for _, kind := range []alert.Kind{alert.Fired, alert.Resolved} {
		records, err := db.List(t.Context(), store.Settings, string(kind)+"/")
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range records {
			want[strings.TrimPrefix(record.Key, string(kind)+"/")]++
		}
	}
	if len(want) == 0 {
		t.Fatal("no child decided anything")
	}
	resolved, twice := 0, 0
	for id, events := range want {
		for _, c := range killChannels() {
			got := box.phases[c.ID+" "+id]
			counts := map[string]int{}
			for _, phase := range got {
				counts[phase]++
			}
			ok := slices.IsSorted(got) && counts["firing"] >= 1 && counts["firing"] <= 2
			if events == 2 {
				resolved++
				ok = ok && counts["resolved"] >= 1 && counts["resolved"] <= 2
			}
			if !ok {
				t.Errorf("%s: channel %s was told %v of %d events", id, c.ID, got, events)
			}
			if len(got) > events {
				twice++
			}
		}
	}
	t.Logf("%d alerts, %d ends told, %d told twice", len(want), resolved, twice)
}
