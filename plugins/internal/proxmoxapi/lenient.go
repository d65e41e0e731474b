package proxmoxapi

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// Number is a number as the products write it: a JSON number, a string that
// holds one, or null, "" and "N/A" for none. The zero value is none. Whatever
// else stands there is none, too.
type Number struct {
	value float64
	known bool
}

// NumberOf returns a known number. NaN and infinities are none.
func NumberOf(value float64) Number {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return Number{}
	}
	return Number{value, true}
}

// UnmarshalJSON never fails.
func (n *Number) UnmarshalJSON(data []byte) error {
	*n = Number{}
	text := string(data)
	if len(data) > 0 && data[0] == '"' {
		text = ""
		_ = json.Unmarshal(data, &text) // data is valid JSON, as encoding/json has seen
	}
	if value, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil {
		*n = NumberOf(value)
	}
	return nil
}

// Known says whether there is a number.
func (n Number) Known() bool { return n.known }

// Float returns the number, 0 for none.
func (n Number) Float() float64 { return n.value }

// Pointer returns the number, nil for none.
func (n Number) Pointer() *float64 {
	if !n.known {
		return nil
	}
	return &n.value
}

// Int returns the number without its fraction, 0 for none. What does not fit becomes the nearest that does.
func (n Number) Int() int {
	return int(max(min(n.value, 1<<53), -1<<53))
}

// Bytes returns the number as a count, 0 for none and for what is negative.
func (n Number) Bytes() uint64 {
	return uint64(max(min(n.value, 1<<63), 0))
}

// Seconds returns the number as a time in seconds, 0 for none and for what is negative.
func (n Number) Seconds() time.Duration {
	const longest = math.MaxInt64 / int64(time.Second)
	return time.Duration(max(min(n.value, float64(longest-1)), 0) * float64(time.Second))
}

// latest is the last moment that JSON and the views can write, in Unix seconds.
const latest = 253402300799

// Time returns the number as seconds since 1970 in UTC; the zero time for none and for what is no time.
func (n Number) Time() time.Time {
	if n.value <= 0 || n.value > latest {
		return time.Time{}
	}
	whole, fraction := math.Modf(n.value)
	return time.Unix(int64(whole), int64(fraction*1e9)).UTC()
}

// Flag is a boolean as the products write it: true, 1, "1", "yes" or "on".
// Whatever else stands there is false.
type Flag bool

// UnmarshalJSON never fails.
func (f *Flag) UnmarshalJSON(data []byte) error {
	switch strings.ToLower(strings.Trim(string(data), `"`)) {
	case "true", "1", "yes", "on":
		*f = true
	default:
		*f = false
	}
	return nil
}

// Text is a string that may arrive as a number or a boolean. null, objects and lists are empty.
type Text string

// UnmarshalJSON never fails.
func (t *Text) UnmarshalJSON(data []byte) error {
	*t = ""
	switch {
	case len(data) == 0 || data[0] == '{' || data[0] == '[' || string(data) == "null":
	case data[0] == '"':
		_ = json.Unmarshal(data, (*string)(t)) // data is valid JSON, as encoding/json has seen
	default:
		*t = Text(data)
	}
	return nil
}

// Fields splits a list that is written as one string, at commas, semicolons and
// white space. An empty text has none.
func (t Text) Fields() []string {
	return strings.FieldsFunc(string(t), func(r rune) bool {
		return r == ',' || r == ';' || r == ' ' || r == '\t' || r == '\n'
	})
}

// Options splits a list of options, "a=1,b=2", as configurations have it. What
// has no name is under the empty name, the first only.
func (t Text) Options() map[string]string {
	options := map[string]string{}
	for part := range strings.SplitSeq(string(t), ",") {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			name, value = "", part
		}
		if _, seen := options[name]; !seen {
			options[name] = value
		}
	}
	return options
}
