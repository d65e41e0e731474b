package live

import (
	"bytes"
)

// Patch returns the JSON merge patch (RFC 7396) that turns one JSON object
// into another: "{}" if they are the same. Both must be compact, valid JSON
// objects as json.Marshal writes them, without repeated names and, in after,
// without null members, which a merge patch cannot express.
//
// Values are compared as they are written. Objects are patched member by
// member, everything else is replaced.
func Patch(before, after []byte) []byte {
	return AppendPatch(make([]byte, 0, 256), before, after)
}

// AppendPatch appends the patch to out.
func AppendPatch(out, before, after []byte) []byte {
	out = append(out, '{')
	out = appendMembers(out, before, after)
	return append(out, '}')
}

// appendMembers appends the members of the patch without the braces around them.
func appendMembers(out, before, after []byte) []byte {
	start := len(out)
	old, fresh := members{rest: before}, members{rest: after}
	fresh.open()
	old.open()
	for name, value, ok := fresh.next(); ok; name, value, ok = fresh.next() {
		was := find(&old, before, name)
		if was != nil && bytes.Equal(was, value) {
			continue
		}
		out = appendName(out, start, name)
		if was != nil && was[0] == '{' && value[0] == '{' {
			out = AppendPatch(out, was, value)
			continue
		}
		out = append(out, value...)
	}
	return appendRemoved(out, start, before, after)
}

// appendRemoved appends a null for every member that after does not have.
func appendRemoved(out []byte, start int, before, after []byte) []byte {
	old, fresh := members{rest: before}, members{rest: after}
	old.open()
	fresh.open()
	for name, _, ok := old.next(); ok; name, _, ok = old.next() {
		if find(&fresh, after, name) == nil {
			out = appendName(out, start, name)
			out = append(out, "null"...)
		}
	}
	return out
}

func appendName(out []byte, start int, name []byte) []byte {
	if len(out) > start {
		out = append(out, ',')
	}
	out = append(out, name...)
	return append(out, ':')
}

// find returns the value of a member, nil if there is none. It looks on from
// where the last search ended, since two versions of one object have their
// members in the same order, and starts over when that fails.
func find(m *members, object, name []byte) []byte {
	here := *m
	for got, value, ok := m.next(); ok; got, value, ok = m.next() {
		if bytes.Equal(got, name) {
			return value
		}
	}
	*m = members{rest: object}
	m.open()
	for got, value, ok := m.next(); ok; got, value, ok = m.next() {
		if bytes.Equal(got, name) {
			return value
		}
	}
	*m = here
	return nil
}

// members walks over a compact JSON object without decoding it.
type members struct{ rest []byte }

// open steps over the opening brace.
func (m *members) open() {
	if len(m.rest) > 0 {
		m.rest = m.rest[1:]
	}
}

// next returns the next member: its name with the quotes, and its value.
func (m *members) next() (name, value []byte, ok bool) {
	if len(m.rest) > 0 && m.rest[0] == ',' {
		m.rest = m.rest[1:]
	}
	if len(m.rest) == 0 || m.rest[0] != '"' {
		return nil, nil, false
	}
	n := stringLength(m.rest)
	name, m.rest = m.rest[:n], m.rest[n:]
	if len(m.rest) < 2 || m.rest[0] != ':' {
		m.rest = nil
		return nil, nil, false
	}
	m.rest = m.rest[1:]
	n = valueLength(m.rest)
	value, m.rest = m.rest[:n], m.rest[n:]
	return name, value, n > 0
}

// stringLength returns the length of the string that b begins with, quotes included.
func stringLength(b []byte) int {
	i := 1
	for i < len(b) {
		end := bytes.IndexByte(b[i:], '"')
		if end < 0 {
			return len(b)
		}
		i += end + 1
		if !escaped(b, i-1) {
			return i
		}
	}
	return len(b)
}

// escaped says whether the byte at i follows an odd number of backslashes.
func escaped(b []byte, i int) bool {
	n := 0
	for i-1-n >= 0 && b[i-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

// valueLength returns the length of the value that b begins with.
func valueLength(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	switch b[0] {
	case '"':
		return stringLength(b)
	case '{', '[':
		return nestedLength(b)
	}
	for i, c := range b {
		if c == ',' || c == '}' || c == ']' {
			return i
		}
	}
	return len(b)
}

// nestedLength returns the length of the object or array that b begins with.
func nestedLength(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i += stringLength(b[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(b)
}
