package hostsvc

import (
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/durationpb"
)

// maxInstanceBytes is the longest id of an instance that can keep entries, so
// that a record's key stays within the store's bound.
const maxInstanceBytes = 400

// checkText refuses a text that is shorter or longer than allowed, in bytes.
func checkText(field, text string, least, most int) error {
	switch {
	case len(text) < least:
		return invalid(field, "must not be empty")
	case len(text) > most:
		return invalid(field, "must not be longer than %d bytes", most)
	case !utf8.ValidString(text):
		return invalid(field, "must be valid UTF-8")
	}
	return nil
}

func checkValue(value []byte) error {
	if len(value) > MaxValueBytes {
		return invalid("value", "must not be longer than %d bytes", MaxValueBytes)
	}
	return nil
}

// checkTTL returns the time that an entry is to live, 0 for ever.
func checkTTL(ttl *durationpb.Duration) (time.Duration, error) {
	if ttl == nil {
		return 0, nil
	}
	if err := ttl.CheckValid(); err != nil || ttl.AsDuration() <= 0 {
		return 0, invalid("ttl", "must be a positive duration")
	}
	return ttl.AsDuration(), nil
}
