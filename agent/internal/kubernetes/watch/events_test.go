package watch

import (
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/object"
)

// counter is a sink that counts.
type counter struct{ put, removed int }

func (c *counter) Begin()             {}
func (c *counter) List(*object.Pod)   {}
func (c *counter) Commit()            {}
func (c *counter) Put(*object.Pod)    { c.put++ }
func (c *counter) Remove(*object.Pod) { c.removed++ }

func FuzzEvents(f *testing.F) {
	f.Add(`{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"6"}}}{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"7"}}}`)
	f.Add(`{"type":"ERROR","object":{"kind":"Status","code":410}}`)
	f.Add(`{"type":"DELETED","object":null}{"type":"MODIFIED","object":7}[]`)
	f.Fuzz(func(t *testing.T, text string) {
		sink := &counter{}
		subject := NewFollower[object.Pod](nil, Collection{}, sink)
		from := start{version: "5"}
		err := subject.events(strings.NewReader(text), &from)
		if sink.put+sink.removed > len(text)/len(`{"type":"ADDED"}`) || from.version == "" {
			t.Errorf("%d put, %d removed, version %q, %v from %q", sink.put, sink.removed, from.version, err, text)
		}
	})
}
