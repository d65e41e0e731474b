package pbs

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/goldentest"
	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/plugins/internal/proxmoxtest"
	"github.com/pulse-hub/pulse/sdk"
)

var update = flag.Bool("update", false, "rewrite the golden files and the generated parts of README.md")

// The token that the played servers let in.
const (
	tokenID     = "pulse@pbs!monitor"
	tokenSecret = "9c5f0e1e-7a51-4b5e-9d0c-3d1f6f2b8a44"
)

// world is a played server and an instance that watches it.
type world struct {
	*proxmoxtest.Server
	source *source
	now    time.Time
}

func vault(t testing.TB) *proxmoxtest.Set {
	t.Helper()
	return proxmoxtest.Load(t, "testdata/vault-pbs3")
}

// watch plays answers at the moment they were given.
func watch(t testing.TB, answers proxmoxtest.Answers) *world {
	t.Helper()
	w := &world{now: time.Unix(1795400000, 0).UTC()}
	w.Server = proxmoxtest.Start(t, proxmoxtest.Options{
		Product: proxmoxapi.PBS, Answers: answers, Token: "PBSAPIToken=" + tokenID + ":" + tokenSecret,
	})
	var err error
	if w.source, err = newSource(w.config(), func() time.Time { return w.now }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.source.Close)
	return w
}

func (w *world) config() config {
	var c config
	c.URL, c.Fingerprint, c.Verify = w.URL(""), w.Fingerprint(""), true
	c.TokenID, c.TokenSecret = tokenID, tokenSecret
	c.Instance.Name = "vault"
	return c
}

// collect collects a dataset, which must not fail as a whole.
func (w *world) collect(t testing.TB, dataset string) *sdk.Snapshot {
	t.Helper()
	out := sdk.NewChanges(dataset)
	if err := w.source.CollectDataset(t.Context(), dataset, out); err != nil {
		t.Fatalf("%s: %v", dataset, err)
	}
	return out
}

func datasets() []string {
	return []string{datasetStatus, datasetBackups, datasetDatastores, datasetJobs}
}

func TestEverythingOfAServerIsCollected(t *testing.T) {
	w := watch(t, vault(t))
	text := ""
	for _, dataset := range datasets() {
		text += fmt.Sprintf("== %s\n%s", dataset, goldentest.Text(w.collect(t, dataset)))
	}
	goldentest.Check(t, "vault-pbs3.txt", anonymous(w, text), *update)
}

// anonymous replaces the address of a played server, which has another port each time.
func anonymous(w *world, text string) string {
	return strings.ReplaceAll(text, w.URL(""), "https://vault.example.net:8007")
}
