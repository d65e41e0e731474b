//go:build linux

package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// killLimit is how long before a kill a report must have been answered to be safe.
const killLimit = time.Second

func TestKilledHubKeepsWhatItAccepted(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	dir, posted := shortDir(t), newLoad()
	for range 3 {
		h := spawn(t, dir)
		h.watch(t)
		ctx, cancel := context.WithCancel(t.Context())
		var posting sync.WaitGroup
		posting.Go(func() { posted.run(ctx, h.url) })
		<-time.After(1500*time.Millisecond + rand.N(1500*time.Millisecond)) // any moment will do
		killed := time.Now()
		h.kill()
		cancel()
		posting.Wait()
		posted.drop(killed.Add(-killLimit))
	}
	// Once more, to see that a hub finds its way with what the others left.
	last := spawn(t, dir)
	for host := range loadHosts { // each must keep its id, which post looks after
		if !posted.post(last.url, host) {
			t.Fatal("the last hub takes no reports")
		}
	}
	last.waitForSeries(t, posted.ids[loadHosts-1])
	last.kill()
	posted.drop(time.Now().Add(-killLimit))
	posted.verify(t, dir)
	count, refused := posted.count()
	t.Logf("%d accepted reports looked for, %d were refused", count, refused)
}

// waitForSeries waits until the hub tells the history of a host, which it does not while it reads that back.
func (h *hub) waitForSeries(t *testing.T, id string) {
	t.Helper()
	until(t, "there is a history of "+id, func() bool {
		status, raw := h.do(t, "GET", "/api/metrics-store/history?resourceType=host&metric=cpu&range=1h&resourceId="+id, nil)
		var history struct{ Points []struct{ Value float64 } }
		return status == http.StatusOK && json.Unmarshal(raw, &history) == nil && len(history.Points) > 0
	})
}

// runKeeper writes tokens until it is killed, and prints each that is kept.
func runKeeper(dir string) int {
	settings, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key")})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	go endWithParent()
	for n := 0; ; n++ {
		raw := fmt.Sprintf("kept-token-%d", n)
		record := auth.Token{ID: fmt.Sprint("id-", n), Name: raw, Hash: auth.HashToken(raw), Scopes: []auth.Scope{auth.ScopeAll}}
		err := settings.Update(context.Background(), func(tx store.Tx) error {
			return store.PutJSON(context.Background(), tx, store.Tokens, record.ID, record)
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Println(raw)
	}
}

func TestKillLosesNoSettings(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	dir := shortDir(t)
	keeper := exec.Command(os.Args[0], keeperArgument, dir)
	keeper.Stderr = os.Stderr
	input, err := keeper.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer input.Close()
	output, err := keeper.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := keeper.Start(); err != nil {
		t.Fatal(err)
	}
	var kept []string
	enough := 50 + rand.IntN(100)
	for lines := bufio.NewScanner(output); lines.Scan(); {
		if kept = append(kept, lines.Text()); len(kept) == enough {
			_ = keeper.Process.Kill() // lines that it had written are still read
		}
	}
	_ = keeper.Wait() // it was killed
	if len(kept) < enough {
		t.Fatalf("only %d tokens were kept before the end", len(kept))
	}
	h := spawn(t, dir)
	for _, raw := range kept {
		if status := h.signIn(t, raw); status != http.StatusOK {
			t.Errorf("%s of %d gives %d after the kill", raw, len(kept), status)
		}
	}
	if status := h.signIn(t, "kept-token-never"); status != http.StatusUnauthorized {
		t.Errorf("a token that never was gives %d", status)
	}
}

// signIn asks for something with a token and returns the status.
func (h *hub) signIn(t *testing.T, raw string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+"/api/resources/stats", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-API-Token", raw)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}
