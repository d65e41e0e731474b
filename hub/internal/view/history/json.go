package history

import (
	"encoding/json"
	"math"
	"strconv"
)

// marshal encodes what cannot fail: strings, numbers, and maps of them.
func marshal(value any) []byte {
	encoded, err := json.Marshal(value)
	if err != nil {
		return []byte("null")
	}
	return encoded
}

// appendFloat writes a finite number as encoding/json does.
func appendFloat(out []byte, v float64) []byte {
	if magnitude := math.Abs(v); magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21) {
		return append(out, marshal(v)...)
	}
	return strconv.AppendFloat(out, v, 'f', -1, 64)
}
