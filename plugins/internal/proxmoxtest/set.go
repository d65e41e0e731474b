// Package proxmoxtest plays Proxmox servers and clusters to the plugins' tests:
// it serves recorded or generated answers over TLS, each node at a loopback
// address of its own, and can be told to fail in the ways that real ones do.
package proxmoxtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// FixturesVariable names the environment variable with the folder of the
// recordings that are not part of the repository.
const FixturesVariable = "PULSE_FIXTURES"

// Answer is one answer of a server.
type Answer struct {
	Status int // 0: 200
	// Reason is the reason phrase, if it is another than usual.
	Reason string
	// Delay is how long the server takes.
	Delay time.Duration
	Body  []byte
}

// Answers are what a server has to say. Paths are those below /api2/json,
// with their escapes undone and a leading slash. Implementations are safe for
// concurrent use.
type Answers interface {
	Answer(path string, query url.Values) (Answer, bool)
}

// Set is a folder of answers: one file each, and manifest.json, which says to
// what they belong. It does not change once loaded.
type Set struct {
	// Anchor is when the answers are supposed to have been given; zero if it is not known.
	Anchor  time.Time
	answers map[string]Answer // by key
}

type manifest struct {
	Anchor    int64                    `json:"anchor"`
	Responses map[string]manifestEntry `json:"responses"`
}

type manifestEntry struct {
	Path    string            `json:"path"`
	Query   map[string]string `json:"query"`
	Status  int               `json:"status"`
	Reason  string            `json:"reason"`
	DelayMS int               `json:"delay_ms"`
}

// key is that of a path with a query, whose order does not matter.
func key(path string, query url.Values) string { return path + "?" + query.Encode() }

// Load reads a folder.
func Load(t testing.TB, folder string) *Set {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatalf("%s: %v", folder, err)
	}
	set := &Set{answers: map[string]Answer{}}
	if m.Anchor > 0 {
		set.Anchor = time.Unix(m.Anchor, 0).UTC()
	}
	for name, entry := range m.Responses {
		body, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		query := url.Values{}
		for name, value := range entry.Query {
			query.Set(name, value)
		}
		set.answers[key(entry.Path, query)] = Answer{
			Status: entry.Status, Reason: entry.Reason, Delay: time.Duration(entry.DelayMS) * time.Millisecond, Body: body,
		}
	}
	return set
}

// Recorded loads a set of the folder that the environment names, "pve/rec-gp-pve8"
// say, and skips the test if there is none.
func Recorded(t testing.TB, name string) *Set {
	t.Helper()
	root := os.Getenv(FixturesVariable)
	if root == "" {
		t.Skipf("%s does not name the folder of recordings", FixturesVariable)
	}
	folder := filepath.Join(root, filepath.FromSlash(name))
	if _, err := os.Stat(folder); err != nil {
		t.Skip(err)
	}
	return Load(t, folder)
}

// Answer implements Answers: what is there for the path and the query, else
// for the path alone.
func (s *Set) Answer(path string, query url.Values) (Answer, bool) {
	if answer, ok := s.answers[key(path, query)]; ok {
		return answer, true
	}
	answer, ok := s.answers[key(path, nil)]
	return answer, ok
}

// Bodies returns all bodies, by path and query, for seeding fuzz targets.
func (s *Set) Bodies() map[string][]byte {
	bodies := map[string][]byte{}
	for at, answer := range s.answers {
		bodies[strings.TrimSuffix(at, "?")] = answer.Body
	}
	return bodies
}

// With returns a set in which data, marshalled to JSON, is the answer to a path.
func (s *Set) With(t testing.TB, path string, data any) *Set {
	t.Helper()
	body, err := json.Marshal(map[string]any{"data": data})
	if err != nil {
		t.Fatal(err)
	}
	changed := &Set{Anchor: s.Anchor, answers: maps.Clone(s.answers)}
	for at := range changed.answers {
		if strings.HasPrefix(at, path+"?") {
			delete(changed.answers, at)
		}
	}
	changed.answers[key(path, nil)] = Answer{Body: body}
	return changed
}

// Data decodes the member data of the answer to a path.
func Data[T any](t testing.TB, answers Answers, path string) T {
	t.Helper()
	var into struct {
		Data T `json:"data"`
	}
	answer, ok := answers.Answer(path, nil)
	if !ok {
		t.Fatalf("no answer for %s", path)
	}
	if err := json.Unmarshal(answer.Body, &into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return into.Data
}

// text returns what a status line says.
func (a Answer) text() string {
	reason := a.Reason
	if reason == "" {
		reason = http.StatusText(a.Status)
	}
	return fmt.Sprintf("%d %s", a.Status, reason)
}
