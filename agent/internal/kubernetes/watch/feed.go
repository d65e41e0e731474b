package watch

import "encoding/json"

// feed is a sink without its type, so that a follower is compiled once rather than a dozen times.
type feed interface {
	begin()
	one(s *stream) (ok bool, err error)
	commit()
	// change hands over what an event is about and returns its version; empty when it has none.
	change(event event) (version string)
}

// typed is the feed of a sink.
type typed[T any, P Object[T]] struct{ sink Sink[T] }

func (t typed[T, P]) begin()                      { t.sink.Begin() }
func (t typed[T, P]) commit()                     { t.sink.Commit() }
func (t typed[T, P]) one(s *stream) (bool, error) { return taking(t.sink.List)(s) }

// change leaves out an object that cannot be read; its change is seen with the next list.
func (t typed[T, P]) change(event event) string {
	value := new(T)
	if json.Unmarshal(event.Object, value) != nil {
		return ""
	}
	switch event.Type {
	case "ADDED", "MODIFIED":
		t.sink.Put(value)
	case "DELETED":
		t.sink.Remove(value)
	}
	return P(value).Head().ResourceVersion
}
