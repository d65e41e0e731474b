// Package signal makes believable figures out of nothing but a seed and a
// point in time: the same seed and time always give the same figure.
package signal

import (
	"encoding/hex"
	"math"
	"time"
)

// genesisUnix is midnight UTC of 1 January 2024, a Monday, in Unix seconds.
const genesisUnix = 1704067200

// Genesis returns the moment at which every signal, counter and schedule of this
// package starts. Earlier times are allowed; they only look less lively.
func Genesis() time.Time { return time.Unix(genesisUnix, 0).UTC() }

// Seed is a source of figures that are looked up by name instead of drawn in
// order, so that asking for one more never changes the others.
// It is a value, safe for concurrent use.
type Seed uint64

// Child returns the seed of a part: another name, other figures.
func (s Seed) Child(name string) Seed { return Seed(s.hash(name)) }

// Nth returns the seed of one of many parts without a name, such as the runs of a Cycle.
func (s Seed) Nth(i int) Seed { return Seed(mix(uint64(s) ^ mix(uint64(int64(i))))) }

// Float returns a figure from 0 up to, but not including, 1.
func (s Seed) Float(name string) float64 {
	return float64(s.hash(name)>>11) / (1 << 53)
}

// Between returns a figure from lo up to hi.
func (s Seed) Between(name string, lo, hi float64) float64 {
	return lo + (hi-lo)*s.Float(name)
}

// Int returns a whole figure from lo to hi, both included.
func (s Seed) Int(name string, lo, hi int) int {
	if hi <= lo {
		return lo
	}
	return lo + int(s.hash(name)%uint64(hi-lo+1))
}

// Duration returns a time span from lo up to hi, in whole seconds.
func (s Seed) Duration(name string, lo, hi time.Duration) time.Duration {
	return time.Duration(s.Between(name, float64(lo), float64(hi))).Truncate(time.Second)
}

// Chance says yes with the probability p from 0 to 1.
func (s Seed) Chance(name string, p float64) bool { return s.Float(name) < p }

// Hex returns digits lower-case hexadecimal digits.
func (s Seed) Hex(name string, digits int) string {
	raw := make([]byte, 0, digits/2+8)
	for state := s.hash(name); len(raw)*2 < digits; state = mix(state + 1) {
		for shift := 56; shift >= 0; shift -= 8 {
			raw = append(raw, byte(state>>shift))
		}
	}
	return hex.EncodeToString(raw)[:digits]
}

// UUID returns something in the shape of a random UUID.
func (s Seed) UUID(name string) string {
	h := []byte(s.Hex(name, 32))
	h[12] = '4'
	h[16] = "89ab"[h[16]%4]
	return string(h[:8]) + "-" + string(h[8:12]) + "-" + string(h[12:16]) + "-" + string(h[16:20]) + "-" + string(h[20:])
}

// MAC returns a locally administered network address.
func (s Seed) MAC(name string) string {
	h := s.Hex(name, 10)
	return "02:" + h[:2] + ":" + h[2:4] + ":" + h[4:6] + ":" + h[6:8] + ":" + h[8:]
}

// Pick returns one of list, which must not be empty.
func Pick[T any](s Seed, name string, list []T) T {
	return list[s.hash(name)%uint64(len(list))]
}

// hash is FNV-1a over the name, started with the seed and well mixed.
func (s Seed) hash(name string) uint64 {
	h := uint64(14695981039346656037) ^ uint64(s)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	return mix(h)
}

// mix is the finaliser of splitmix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// seconds is the time since Genesis.
func seconds(t time.Time) float64 { return t.Sub(Genesis()).Seconds() }

// floorMod is the remainder that is never negative.
func floorMod(x, m float64) float64 { return x - m*math.Floor(x/m) }
