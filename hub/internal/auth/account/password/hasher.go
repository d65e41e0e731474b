// Package password makes and checks hashes of passwords, and says which passwords are too easily guessed.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// Match says how a password and a hash go together.
type Match int

const (
	// Wrong says that the hash is of another password.
	Wrong Match = iota
	// Right says that the hash is of the password.
	Right
	// Outdated says that the hash is of the password and should be made anew.
	Outdated
)

const (
	saltBytes = 16
	sumBytes  = 32
	// bcryptBytes is the length of every bcrypt hash.
	bcryptBytes = 60
	// maxBcryptCost bounds what checking a bcrypt hash may take: some seconds.
	maxBcryptCost = 15
)

// Hasher makes Argon2id hashes and checks those and bcrypt hashes, a bounded
// number at a time. It is safe for concurrent use.
type Hasher struct{ gate *gate }

// NewHasher returns a Hasher that works on so many passwords at a time, and
// on one more of preferred calls. Without a number above 0 it is one less than
// there are processors, and at least one.
func NewHasher(slots int) *Hasher { return &Hasher{newGate(slots)} }

// Hash returns a new hash of the password. It waits for its turn: until ctx
// ends, or not at all and with ErrBusy when too many are waiting.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	leave, err := h.gate.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	e := encoded{cost: present(), salt: random(saltBytes)}
	e.sum = e.cost.sum(password, e.salt, sumBytes)
	return e.String(), nil
}

// Verify says whether the hash is of the password. It waits as Hash does, and
// returns ErrHash when there is no such hash.
func (h *Hasher) Verify(ctx context.Context, password, hash string) (Match, error) {
	check, err := reader(hash)
	if err != nil {
		return Wrong, err
	}
	leave, err := h.gate.enter(ctx)
	if err != nil {
		return Wrong, err
	}
	defer leave()
	return check(password)
}

// reader returns what checks passwords against the hash.
func reader(hash string) (func(password string) (Match, error), error) {
	if strings.HasPrefix(hash, argonPrefix) {
		e, err := decode(hash)
		return e.check, err
	}
	if err := checkBcrypt(hash); err != nil {
		return nil, err
	}
	return func(password string) (Match, error) { return bcryptMatch(password, hash) }, nil
}

func (e encoded) check(password string) (Match, error) {
	sum := e.cost.sum(password, e.salt, len(e.sum))
	if subtle.ConstantTimeCompare(sum, e.sum) != 1 {
		return Wrong, nil
	}
	if e.outdated() {
		return Outdated, nil
	}
	return Right, nil
}

func (c cost) sum(password string, salt []byte, size int) []byte {
	return argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.threads, uint32(size))
}

func checkBcrypt(hash string) error {
	if len(hash) != bcryptBytes || !strings.HasPrefix(hash, "$2") {
		return ErrHash
	}
	if rounds, err := bcrypt.Cost([]byte(hash)); err != nil || rounds > maxBcryptCost {
		return ErrHash
	}
	return nil
}

func bcryptMatch(password, hash string) (Match, error) {
	err := bcrypt.CompareHashAndPassword([]byte(hash), []byte(password))
	switch {
	case err == nil:
		return Outdated, nil
	case errors.Is(err, bcrypt.ErrMismatchedHashAndPassword):
		return Wrong, nil
	}
	return Wrong, fmt.Errorf("%w: bcrypt", ErrHash)
}

// IsHash reports whether a text is a hash that Verify understands. A text that
// begins like one and is not is an error: it was cut or mangled on its way, and
// taking it for a password would set one that nobody knows.
func IsHash(text string) (bool, error) {
	if !strings.HasPrefix(text, "$argon2") && !looksLikeBcrypt(text) {
		return false, nil
	}
	if _, err := reader(text); err != nil {
		return false, err
	}
	return true, nil
}

// looksLikeBcrypt reports whether a text begins with the version and the cost, "$2b$12$".
func looksLikeBcrypt(text string) bool {
	fields := strings.Split(text, "$")
	if len(fields) < 4 || fields[0] != "" || !strings.HasPrefix(fields[1], "2") || len(fields[1]) > 2 {
		return false
	}
	_, err := strconv.ParseUint(fields[2], 10, 8)
	return err == nil
}

// Decoy returns a hash of no password, which takes as long to check as those
// that Hash makes: for users who have none or do not exist.
func Decoy() string {
	return encoded{cost: present(), salt: random(saltBytes), sum: random(sumBytes)}.String()
}

func random(size int) []byte {
	b := make([]byte, size)
	_, _ = rand.Read(b) // never fails, says crypto/rand
	return b
}
