package cli

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
)

func (h *fakeHub) listPublishers(*http.Request) (any, error) {
	return client.PublisherList{Publishers: h.publishers}, nil
}

func (h *fakeHub) addPublisher(r *http.Request) (any, error) {
	added := client.Publisher{ID: "DA5A4C4B531E5E85"}
	if err := json.NewDecoder(r.Body).Decode(&added); err != nil {
		return nil, err
	}
	h.publishers = append(h.publishers, added)
	return added, nil
}

func (h *fakeHub) removePublisher(r *http.Request) (any, error) {
	before := len(h.publishers)
	h.publishers = slices.DeleteFunc(h.publishers, func(p client.Publisher) bool { return p.ID == r.PathValue("id") })
	if len(h.publishers) == before {
		return nil, &client.Problem{Status: http.StatusNotFound, Detail: "no such publisher"}
	}
	return nil, nil
}

func TestPublishers(t *testing.T) {
	hub, folder := startHub(t)
	key := filepath.Join(t.TempDir(), "acme.key.pub")
	if err := os.WriteFile(key, []byte("untrusted comment: x\nRWkey\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := at(folder).run(t, "plugin", "publisher", "add", "Acme", key).must(t).out
	if got != "Acme is trusted with the key DA5A4C4B531E5E85.\n" || !strings.Contains(hub.publishers[0].Key, "RWkey") {
		t.Errorf("got %q, the hub has %+v", got, hub.publishers)
	}
	if got := at(folder).run(t, "plugin", "publisher", "ls").must(t).out; !strings.Contains(got, "DA5A4C4B531E5E85  Acme") {
		t.Errorf("list is\n%s", got)
	}
	at(folder).run(t, "plugin", "publisher", "rm", "DA5A4C4B531E5E85").must(t)
	if got := at(folder).run(t, "plugin", "publisher", "rm", "DA5A4C4B531E5E85"); got.code != ExitFailed || got.errors != "pulse: no such publisher\n" {
		t.Errorf("twice: %+v", got)
	}
	if got := at(folder).run(t, "plugin", "publisher", "add", "Acme", key+"x"); got.code != ExitFailed {
		t.Errorf("no file: %+v", got)
	}
}
