package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// ErrHash is returned for a text that should be a hash and is none, or one
// that costs more to check than anybody needs. The error text never holds it.
var ErrHash = errors.New("password hash is not valid")

// Bounds of a hash that is accepted. They keep a planted one from eating the
// memory or the time of the hub.
const (
	maxMemory  = 256 << 10 // KiB
	maxPasses  = 10
	maxThreads = 16
	minSalt    = 8 // bytes, as the next ones
	maxSalt    = 64
	minSum     = 16
	maxSum     = 64
)

// cost is what an Argon2id hash takes to compute.
type cost struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

// present returns the cost of new hashes: the second of the settings that
// OWASP's Password Storage Cheat Sheet recommends.
func present() cost { return cost{memory: 19456, passes: 2, threads: 1} }

// work is what the cost adds up to, for comparing two of them.
func (c cost) work() uint64 { return uint64(c.memory) * uint64(c.passes) }

// encoded is a decoded hash in the PHC string format,
// https://github.com/P-H-C/phc-string-format, as of Argon2id in version 19.
type encoded struct {
	cost cost
	salt []byte
	sum  []byte
}

const argonPrefix = "$argon2id$"

// decode reads a hash. Only the one way of writing it that String has is accepted.
func decode(text string) (encoded, error) {
	rest, ok := strings.CutPrefix(text, argonPrefix+"v="+strconv.Itoa(argon2.Version)+"$")
	if !ok {
		return encoded{}, ErrHash
	}
	fields := strings.Split(rest, "$")
	if len(fields) != 3 {
		return encoded{}, ErrHash
	}
	var e encoded
	var err error
	if e.cost, err = decodeCost(fields[0]); err != nil {
		return encoded{}, err
	}
	if e.salt, err = decodeBytes(fields[1], minSalt, maxSalt); err != nil {
		return encoded{}, err
	}
	if e.sum, err = decodeBytes(fields[2], minSum, maxSum); err != nil {
		return encoded{}, err
	}
	return e, nil
}

func decodeCost(text string) (cost, error) {
	var values [3]uint32
	fields := strings.Split(text, ",")
	if len(fields) != len(values) {
		return cost{}, ErrHash
	}
	for i, name := range [...]string{"m=", "t=", "p="} {
		digits, ok := strings.CutPrefix(fields[i], name)
		value, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil || strconv.FormatUint(value, 10) != digits {
			return cost{}, ErrHash
		}
		values[i] = uint32(value)
	}
	memory, passes, threads := values[0], values[1], values[2]
	if passes < 1 || passes > maxPasses || threads < 1 || threads > maxThreads || memory < 8*threads || memory > maxMemory {
		return cost{}, ErrHash
	}
	return cost{memory: memory, passes: passes, threads: uint8(threads)}, nil
}

func decodeBytes(text string, least, most int) ([]byte, error) {
	if len(text) > base64.RawStdEncoding.EncodedLen(most) {
		return nil, ErrHash
	}
	decoded, err := base64.RawStdEncoding.Strict().DecodeString(text)
	// The decoder skips line breaks, which would be a second way of writing the same.
	if err != nil || len(decoded) < least || len(decoded) > most || strings.ContainsAny(text, "\r\n") {
		return nil, ErrHash
	}
	return decoded, nil
}

// String returns the hash in the PHC string format.
func (e encoded) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("%sv=%d$m=%d,t=%d,p=%d$%s$%s", argonPrefix, argon2.Version,
		e.cost.memory, e.cost.passes, e.cost.threads, b64.EncodeToString(e.salt), b64.EncodeToString(e.sum))
}

// outdated reports whether a hash made today would be harder to guess.
func (e encoded) outdated() bool {
	return e.cost.work() < present().work() || len(e.salt) < saltBytes || len(e.sum) < sumBytes
}
