package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

const (
	// MaxEvent bounds the text of one event, in bytes. Longer ones are cut, with a mark where something is missing.
	MaxEvent = 16 << 10
	// maxName bounds the short texts of an event, in bytes.
	maxName = 512
	// maxLong is where the cutting of long texts begins, in bytes.
	maxLong = 4 << 10
	// hashDigits is the length of a hash in hex digits.
	hashDigits = 2 * sha256.Size
	// tailBytes is the length of what the hash adds to a text: `,"hash":"` + digits + `"}` in place of `}`.
	tailBytes = len(`,"hash":""}`) + hashDigits
)

// genesis stands for the hash of the event before the first.
var genesis = strings.Repeat("0", hashDigits)

// seal returns the text of an event with its hash, and the hash. It cuts what makes the event too long.
func seal(event Event) (text []byte, hash string, err error) {
	event.Hash = ""
	for limit := maxLong; ; limit /= 2 {
		body, err := encode(cut(event, limit))
		if err != nil {
			return nil, "", err
		}
		if len(body)+tailBytes <= MaxEvent {
			hash := hashOf(body)
			return append(body[:len(body)-1], `,"hash":"`+hash+`"}`...), hash, nil
		}
	}
}

func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// split parts the text of an event into what is hashed and the hash it claims.
func split(text []byte) (body []byte, hash string, ok bool) {
	head, tail := text[:max(len(text)-tailBytes, 0)], string(text[max(len(text)-tailBytes, 0):])
	digits, open := strings.CutPrefix(tail, `,"hash":"`)
	digits, closed := strings.CutSuffix(digits, `"}`)
	if !open || !closed || len(digits) != hashDigits {
		return nil, "", false
	}
	return append(bytes.Clone(head), '}'), digits, true
}

func encode(event Event) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(event); err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// cut shortens what is longer than the limit, in bytes, and makes every part valid.
func cut(event Event, limit int) Event {
	for _, short := range []*string{
		&event.Actor, &event.Via, &event.Credential, &event.From, &event.Kind, &event.Subject, &event.What,
		&event.Outcome, &event.Request,
	} {
		*short = cutText(*short, min(limit, maxName))
	}
	event.Detail = cutText(event.Detail, limit)
	event.Before, event.After = cutValue(event.Before, limit), cutValue(event.After, limit)
	return event
}

func cutText(text string, limit int) string {
	if len(text) > limit {
		return strings.ToValidUTF8(text[:limit], "") + "…"
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// cutValue replaces a value that is too long, or no JSON, by a text of how it begins.
func cutValue(value json.RawMessage, limit int) json.RawMessage {
	if len(value) == 0 || len(value) <= limit && json.Valid(value) {
		return value
	}
	text, err := json.Marshal(cutText(string(value), limit/2))
	if err != nil { // texts always encode
		panic(err)
	}
	return text
}
