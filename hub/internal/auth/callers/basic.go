package callers

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/auth/account"
)

const (
	// basicKept is how long a password that was right is not hashed again:
	// programs send it with every request, and hashing is made to be slow.
	basicKept = 5 * time.Minute
	// maxBasic bounds how many are remembered.
	maxBasic = 256
)

// basicCache remembers which passwords were right, by keyed hashes that die
// with the process. A changed password is forgotten, for its time is part of
// what is hashed.
type basicCache struct {
	key [32]byte

	mu   sync.Mutex
	good map[[sha256.Size]byte]time.Time
}

func newBasicCache() *basicCache {
	c := &basicCache{good: map[[sha256.Size]byte]time.Time{}}
	_, _ = rand.Read(c.key[:]) // never fails, says crypto/rand
	return c
}

func (c *basicCache) sum(user account.User, password string) [sha256.Size]byte {
	mac := hmac.New(sha256.New, c.key[:])
	mac.Write([]byte(user.Name + "\x00" + user.PasswordChanged.UTC().Format(time.RFC3339Nano) + "\x00" + password))
	return [sha256.Size]byte(mac.Sum(nil))
}

func (c *basicCache) holds(user account.User, password string, now time.Time) bool {
	sum := c.sum(user, password)
	c.mu.Lock()
	defer c.mu.Unlock()
	return now.Before(c.good[sum])
}

func (c *basicCache) keep(user account.User, password string, now time.Time) {
	sum := c.sum(user, password)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.good) >= maxBasic {
		clear(c.good)
	}
	c.good[sum] = now.Add(basicKept)
}
