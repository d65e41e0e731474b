package manifest

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Bytes is a number of bytes that is a string like "256MiB" in JSON.
type Bytes uint64

// units are ordered so that the longer suffix is tried first.
var units = []struct {
	suffix string
	factor uint64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

// MarshalText writes the number with the largest unit that divides it.
func (b Bytes) MarshalText() ([]byte, error) {
	for _, unit := range units {
		if b > 0 && uint64(b)%unit.factor == 0 {
			return fmt.Appendf(nil, "%d%s", uint64(b)/unit.factor, unit.suffix), nil
		}
	}
	return []byte("0B"), nil
}

// UnmarshalText reads a whole number with one of the units B, KiB, MiB and GiB.
func (b *Bytes) UnmarshalText(text []byte) error {
	for _, unit := range units {
		digits, ok := strings.CutSuffix(string(text), unit.suffix)
		if !ok {
			continue
		}
		number, err := strconv.ParseUint(digits, 10, 64)
		if err != nil || number > math.MaxUint64/unit.factor {
			break
		}
		*b = Bytes(number * unit.factor)
		return nil
	}
	return fmt.Errorf("%q is not a size like 256MiB", text)
}
