// Package lockout counts who has failed to sign in, and says who has to wait
// before the next attempt.
package lockout

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// MaxAttempts is after how many failures of a user from one address that
	// user is locked out there.
	MaxAttempts = 5
	// Length is how long a lock lasts. Counters are forgotten after as long without a failure.
	Length = 15 * time.Minute
	// maxAddress is after how many failures of an address, over all users, the address is locked.
	maxAddress = 20
	// maxUser is how many failures of a user from all addresses are left alone,
	// within the time of Length.
	maxUser = 50
	// strangerPace is the time between two attempts of strangers on a user who had more.
	strangerPace = time.Second
	// defaultTracked bounds what is remembered.
	defaultTracked = 50_000
	// maxName bounds the name of a user, in bytes; what is longer is cut.
	maxName = 128
	// maxKnown is how many addresses are known for a user; the one used longest ago gives way.
	maxKnown = 32
	// knownLife is how long an address is known for a user who does not sign in.
	knownLife = 90 * 24 * time.Hour
)

// Options are what a Guard is built from. The zero value is usable.
type Options struct {
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// MaxTracked bounds the counters and users that are remembered together; 0
	// means 50,000, and there are always 8. What failed longest ago gives way, locks last of all.
	MaxTracked int
}

// Verdict says whether somebody may try to sign in.
type Verdict struct {
	// Locked says that they may not before Until, which is zero otherwise.
	Locked bool
	Until  time.Time
	// Wait is how long they have to wait because the user is under attack; zero: they need not.
	Wait time.Duration
}

// Attempt is what a failure has led to.
type Attempt struct {
	// Count is how many failures of the user from the address count, Remaining
	// how many more do not lock.
	Count, Remaining int
	// Locked says that there is a lock until Until, which is zero otherwise.
	Locked bool
	Until  time.Time
}

// Guard counts failures to sign in, in memory. Nobody can lock a user out
// anywhere but at their own address: what is locked is the pair of a user and
// an address, or an address. A user who is attacked from many addresses can
// sign in freely from those where that worked before, while all others
// together have one attempt a second. An IPv6 address stands for its /64, for
// that is what one customer has. It is safe for concurrent use.
type Guard struct {
	now func() time.Time

	mu        sync.Mutex
	pairs     *ledger[pair, int]
	addresses *ledger[netip.Addr, int]
	users     *ledger[string, siege]
	known     *ledger[string, []netip.Addr] // by user; those used last come first
}

// pair is a user at an address, both normalised.
type pair struct {
	user string
	from netip.Addr
}

// siege is what a user suffers from all addresses.
type siege struct {
	failures window
	// next is when a stranger may try again.
	next time.Time
}

// New builds a Guard that has seen nobody.
func New(options Options) *Guard {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.MaxTracked <= 0 {
		options.MaxTracked = defaultTracked
	}
	share := max(options.MaxTracked/8, 1)
	return &Guard{
		now:   options.Now,
		pairs: newLedger[pair, int](4*share, Length), addresses: newLedger[netip.Addr, int](2*share, Length),
		users: newLedger[string, siege](share, Length), known: newLedger[string, []netip.Addr](share, knownLife),
	}
}

// Check says whether somebody at an address may try to sign in as a user. It
// is called once before every attempt: a stranger who is let through takes the
// place of the next one.
func (g *Guard) Check(user string, from netip.Addr) Verdict {
	who := pairOf(user, from)
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if until := g.lockedLocked(who, now); !until.IsZero() {
		return Verdict{Locked: true, Until: until}
	}
	attacked := g.users.get(who.user, now)
	if attacked == nil || attacked.value.failures.sum(now) <= maxUser || g.knowsLocked(who, now) {
		return Verdict{}
	}
	if wait := attacked.value.next.Sub(now); wait > 0 {
		return Verdict{Wait: wait}
	}
	attacked.value.next = now.Add(strangerPace)
	return Verdict{}
}

// Failed counts an attempt with a wrong password or code. While there is a
// lock, nothing is counted.
func (g *Guard) Failed(user string, from netip.Addr) Attempt {
	who := pairOf(user, from)
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if until := g.lockedLocked(who, now); !until.IsZero() {
		return Attempt{Count: MaxAttempts, Locked: true, Until: until}
	}
	until := now.Add(Length)
	g.countUserLocked(who.user, now)
	locked := g.countAddressLocked(who.from, now)
	here := g.pairs.touch(who, now)
	here.value++
	count := here.value
	if count >= MaxAttempts {
		g.pairs.hold(here, until)
		locked = true
	}
	if locked {
		return Attempt{Count: count, Locked: true, Until: until}
	}
	return Attempt{Count: count, Remaining: MaxAttempts - count}
}

func (g *Guard) countUserLocked(user string, now time.Time) {
	attacked := g.users.touch(user, now)
	attacked.value.failures.add(now)
	if attacked.value.failures.sum(now) > maxUser {
		g.users.hold(attacked, now.Add(Length)) // so that other names do not push it out
	}
}

// countAddressLocked reports whether the failure locks the address. That of
// this machine never is: behind a reverse proxy that adds no headers it is
// everybody's.
func (g *Guard) countAddressLocked(from netip.Addr, now time.Time) bool {
	if !from.IsValid() || from.IsLoopback() {
		return false
	}
	there := g.addresses.touch(from, now)
	there.value++
	if there.value < maxAddress {
		return false
	}
	g.addresses.hold(there, now.Add(Length))
	return true
}

// Succeeded tells that a user has signed in from an address: their failures
// there count no more, and the address is known for the user from here on. For
// addresses that are known from before a restart it may be called at the start.
func (g *Guard) Succeeded(user string, from netip.Addr) {
	who := pairOf(user, from)
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	// What others failed at from the address still counts: or somebody with an
	// account could try the passwords of all the others, signing in in between.
	if here := g.pairs.get(who, now); here != nil {
		if there := g.addresses.get(who.from, now); there != nil && there.until.IsZero() {
			there.value = max(0, there.value-here.value)
		}
		g.pairs.remove(here)
	}
	g.introduceLocked(who, now)
}

// Introduce makes an address known for a user: it is plain, though not proven,
// that they are there. What failed there still counts.
func (g *Guard) Introduce(user string, from netip.Addr) {
	who := pairOf(user, from)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.introduceLocked(who, g.now())
}

func (g *Guard) introduceLocked(who pair, now time.Time) {
	if !who.from.IsValid() {
		return
	}
	mine := g.known.touch(who.user, now)
	if i := slices.Index(mine.value, who.from); i >= 0 {
		mine.value = slices.Delete(mine.value, i, i+1)
	}
	mine.value = slices.Insert(mine.value[:min(len(mine.value), maxKnown-1)], 0, who.from)
}

// Knows reports whether the user has signed in from the address before. A
// password from there deserves to be looked at first.
func (g *Guard) Knows(user string, from netip.Addr) bool {
	who := pairOf(user, from)
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.knowsLocked(who, g.now())
}

func (g *Guard) knowsLocked(who pair, now time.Time) bool {
	mine := g.known.get(who.user, now)
	return mine != nil && slices.Contains(mine.value, who.from)
}

// Reset removes every lock and counter of a user name or an address.
func (g *Guard) Reset(identifier string) {
	who := pairOf(identifier, netip.Addr{})
	if address, err := netip.ParseAddr(identifier); err == nil {
		who.from = place(address)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pairs.removeIf(func(p pair) bool { return p.user == who.user || who.from.IsValid() && p.from == who.from })
	g.users.removeIf(func(user string) bool { return user == who.user })
	g.addresses.removeIf(func(from netip.Addr) bool { return from == who.from })
}

// lockedLocked returns until when a user is locked out at an address; zero: not at all.
func (g *Guard) lockedLocked(who pair, now time.Time) time.Time {
	var until time.Time
	if here := g.pairs.get(who, now); here != nil {
		until = here.until
	}
	if there := g.addresses.get(who.from, now); there != nil && there.until.After(until) {
		until = there.until
	}
	return until
}

func pairOf(user string, from netip.Addr) pair { return pair{normalName(user), place(from)} }

// normalName returns a name as it is counted: in lower case, at most maxName
// bytes, and holding on to no longer text.
func normalName(user string) string {
	if len(user) > maxName {
		user = strings.Clone(user[:maxName])
	}
	user = strings.ToLower(user)
	return user[:min(len(user), maxName)]
}

// place returns what an address is counted as.
func place(from netip.Addr) netip.Addr {
	from = from.Unmap().WithZone("")
	if !from.Is6() || from.IsLoopback() {
		return from
	}
	prefix, err := from.Prefix(64)
	if err != nil {
		return from // cannot be: every IPv6 address has 64 bits
	}
	return prefix.Addr()
}
