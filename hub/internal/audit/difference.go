package audit

import (
	"bytes"
	"encoding/json"
)

// Difference returns what an event tells of a value before and after a change:
// both with secrets masked, and of two JSON objects only the members that are
// not the same, down to the innermost. A value that is nil is not told.
func Difference(before, after any) (json.RawMessage, json.RawMessage) {
	if before == nil || after == nil {
		return masked(before), masked(after)
	}
	old, fresh := masked(before), masked(after)
	left, right := reduce(old, fresh)
	if secretsOnly(left, right) && !sameJSON(before, after) {
		return old, fresh // what has changed is masked, and two empty objects would tell nothing
	}
	return left, right
}

func masked(value any) json.RawMessage {
	if value == nil {
		return nil
	}
	return Mask(value)
}

func secretsOnly(left, right json.RawMessage) bool {
	return string(left) == "{}" && string(right) == "{}"
}

func sameJSON(a, b any) bool {
	left, errLeft := json.Marshal(a)
	right, errRight := json.Marshal(b)
	return errLeft == nil && errRight == nil && bytes.Equal(left, right)
}

// reduce drops the members that two objects share. What is no object stays whole.
func reduce(before, after json.RawMessage) (left, right json.RawMessage) {
	var old, fresh map[string]json.RawMessage
	if json.Unmarshal(before, &old) != nil || json.Unmarshal(after, &fresh) != nil || old == nil || fresh == nil {
		return before, after
	}
	for name, value := range old {
		other, both := fresh[name]
		switch {
		case !both:
		case bytes.Equal(value, other):
			delete(old, name)
			delete(fresh, name)
		default:
			old[name], fresh[name] = reduce(value, other)
		}
	}
	return encoded(old), encoded(fresh)
}

// encoded writes members that were JSON before.
func encoded(members map[string]json.RawMessage) json.RawMessage {
	text, err := json.Marshal(members)
	if err != nil { // they were decoded from valid JSON
		return json.RawMessage("{}")
	}
	return text
}
