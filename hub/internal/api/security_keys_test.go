package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

func TestKeyIsRotatedAndAudited(t *testing.T) {
	db := openStore(t)
	if err := db.Put(t.Context(), store.Secrets, "k", []byte("value")); err != nil {
		t.Fatal(err)
	}
	log := audit.New(audit.Options{Records: db})
	handler := serveRoutes(api.KeyRoutes(db), log)
	var before api.SealingKey
	w := ask(t, handler, "GET", "/api/security/key", "reads", "")
	if err := json.Unmarshal(w.Body.Bytes(), &before); err != nil || w.Code != 200 || before.Source != "file" || before.Sealed != 1 || before.Since == nil || before.FormerKept {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for _, token := range []string{"reads", "agent"} {
		if w := ask(t, handler, "POST", "/api/security/rotate-key", token, ""); w.Code != http.StatusForbidden {
			t.Errorf("%s may rotate the key: %d", token, w.Code)
		}
	}
	var after api.RotatedKey
	w = ask(t, handler, "POST", "/api/security/rotate-key", "all", "")
	if err := json.Unmarshal(w.Body.Bytes(), &after); err != nil || w.Code != 200 || after.Resealed != 1 || after.Key.ID == before.ID || !after.Key.FormerKept {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if got, err := db.Get(t.Context(), store.Secrets, "k"); err != nil || string(got) != "value" {
		t.Errorf("the record is %q, %v", got, err)
	}
	events, err := log.Query(t.Context(), audit.Filter{Outcome: audit.Success, Limit: 1})
	if err != nil || len(events) != 1 || events[0].Subject != after.Key.ID || events[0].What != "rotated" || events[0].Actor != "all" {
		t.Errorf("the audit log says %+v, %v", events, err)
	}
}

// brokenKeys cannot replace their key.
type brokenKeys struct{ err error }

func (b brokenKeys) Key(context.Context) (store.Key, error) {
	return store.Key{ID: "00000001", Credential: true}, nil
}

func (b brokenKeys) Rotate(context.Context) (store.Rotation, error) { return store.Rotation{}, b.err }

func TestKeyThatCannotBeRotated(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
		want   string
	}{
		{store.ErrKeyIsCredential, 409, "--new-key-file"},
		{fmt.Errorf("%w: /secret/path", store.ErrWrongKey), 409, "key_file_changed"},
		{fmt.Errorf("%w: /secret/path", store.ErrKeyMissing), 409, "key_file_changed"},
		{fmt.Errorf("%w: /secret/path", store.ErrNoSpace), 507, "Nothing was changed"},
		{errors.New("read /secret/path"), 500, ""},
	} {
		handler := serveRoutes(api.KeyRoutes(brokenKeys{tt.err}), audit.New(audit.Options{Records: openStore(t)}))
		w := ask(t, handler, "POST", "/api/security/rotate-key", "all", "")
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) || strings.Contains(w.Body.String(), "/secret/") {
			t.Errorf("%v: %d %s", tt.err, w.Code, w.Body)
		}
		if w := ask(t, handler, "GET", "/api/security/key", "all", ""); !strings.Contains(w.Body.String(), `"source":"credential"`) {
			t.Errorf("%s", w.Body)
		}
	}
}
