package object

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// ErrQuantity means that a text is no quantity.
var ErrQuantity = errors.New("not a quantity")

// Quantity is an amount as the API writes it, such as "250m", "2" or "8Gi".
type Quantity string

// suffixes and what they multiply by. Milli and less are divided by instead, which keeps whole numbers whole.
var multipliers = map[string]float64{
	"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
	"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50, "Ei": 1 << 60,
}

var divisors = map[string]float64{"n": 1e9, "u": 1e6, "m": 1e3}

// Value returns the amount. It may be negative; it is neither infinite nor not a number. An empty text is zero.
func (q Quantity) Value() (float64, error) {
	text := string(q)
	if text == "" {
		return 0, nil
	}
	end := len(text) - len(strings.TrimLeft(text, "+-.0123456789"))
	number, suffix := text[:end], text[end:]
	if multiplier, ok := multipliers[suffix]; ok {
		return finite(number, multiplier)
	}
	if divisor, ok := divisors[suffix]; ok {
		value, err := finite(number, 1)
		return value / divisor, err
	}
	if suffix[0] == 'e' || suffix[0] == 'E' { // an exponent, such as 12e6
		if _, err := strconv.Atoi(suffix[1:]); err == nil {
			return finite(text, 1)
		}
	}
	return 0, ErrQuantity
}

func finite(number string, multiplier float64) (float64, error) {
	value, err := strconv.ParseFloat(number, 64)
	value *= multiplier
	if err != nil || math.IsInf(value, 0) || math.IsNaN(value) {
		return 0, ErrQuantity
	}
	return value, nil
}

// Whole returns the amount rounded down to a whole number from 0 to the greatest int64; zero for what is no quantity.
func (q Quantity) Whole() int64 {
	value, err := q.Value()
	switch {
	case err != nil || value <= 0:
		return 0
	case value >= math.MaxInt64:
		return math.MaxInt64
	}
	return int64(value)
}

// Amount returns the amount; zero for what is no quantity or is negative.
func (q Quantity) Amount() float64 {
	value, err := q.Value()
	if err != nil {
		return 0
	}
	return max(value, 0)
}
