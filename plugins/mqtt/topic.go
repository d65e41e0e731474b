package mqtt

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// maxLevel bounds one level of a topic, in bytes.
const maxLevel = 200

// level writes an id as one level of a topic: what is neither a letter nor a
// digit nor one of - _ . : ~ is written as in URLs, so that different ids stay
// different. An id that becomes too long is replaced by its hash.
func level(id string) string {
	var b strings.Builder
	for i := range len(id) {
		if c := id[i]; isPlain(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	if b.Len() == 0 || b.Len() > maxLevel {
		return "sha256:" + hash(id)
	}
	return b.String()
}

func isPlain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.:~", c) >= 0
}

// hash is a short name for an id, in letters and digits.
func hash(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:16])
}
