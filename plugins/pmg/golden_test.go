package pmg

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

// The login that the played gateways let in.
const (
	user     = "pulse@pmg"
	password = "kept-between-us"
)

// world is a played gateway and an instance that watches it.
type world struct {
	*proxmoxtest.Server
	source *source
	now    time.Time
}

func mx(t testing.TB) *proxmoxtest.Set {
	t.Helper()
	return proxmoxtest.Load(t, "testdata/mx-pmg8")
}

// watch plays answers at the moment they were given.
func watch(t testing.TB, answers proxmoxtest.Answers) *world {
	t.Helper()
	w := &world{now: time.Unix(1795400000, 0).UTC()}
	w.Server = proxmoxtest.Start(t, proxmoxtest.Options{Product: proxmoxapi.PMG, Answers: answers, User: user, Password: password})
	var err error
	if w.source, err = newSource(w.config(), func() time.Time { return w.now }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.source.Close)
	return w
}

func (w *world) config() config {
	var c config
	c.URL, c.CA, c.Verify = w.URL(""), w.CA, true
	c.User, c.Password = user, password
	c.Instance.Name = "mx"
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

// anonymous replaces the address of a played gateway, which has another port each time.
func anonymous(w *world, text string) string {
	return strings.ReplaceAll(text, w.URL(""), "https://mx.example.net:8006")
}

func TestEverythingOfAGatewayIsCollected(t *testing.T) {
	w := watch(t, mx(t))
	text := ""
	for _, dataset := range []string{datasetStatus, datasetBackups} {
		text += fmt.Sprintf("== %s\n%s", dataset, goldentest.Text(w.collect(t, dataset)))
	}
	goldentest.Check(t, "mx-pmg8.txt", anonymous(w, text), *update)
	for _, path := range w.Asked() {
		t.Log(path)
	}
}
