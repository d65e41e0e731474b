package account

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"strings"
)

// recoveryCodes is how many recovery codes a user is given at a time.
const recoveryCodes = 10

// newRecoveryCodes returns codes such as "abcd-efgh-ijkl-mnop" of 80 random
// bits each, and their hashes. A plain hash is enough for that much chance.
func newRecoveryCodes() (codes []string, hashes [][]byte) {
	for range recoveryCodes {
		text := strings.ToLower(rand.Text())
		code := strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:16]}, "-")
		codes, hashes = append(codes, code), append(hashes, hashRecoveryCode(code))
	}
	return codes, hashes
}

// hashRecoveryCode does not mind case, blanks and dashes.
func hashRecoveryCode(code string) []byte {
	sum := sha256.Sum256([]byte(strings.NewReplacer("-", "", " ", "").Replace(strings.ToLower(code))))
	return sum[:]
}

// useRecoveryCode returns the hashes without that of the code, if it is among them.
func useRecoveryCode(hashes [][]byte, code string) ([][]byte, bool) {
	hash := hashRecoveryCode(code)
	at := slices.IndexFunc(hashes, func(one []byte) bool { return subtle.ConstantTimeCompare(one, hash) == 1 })
	if at < 0 {
		return hashes, false
	}
	return slices.Delete(slices.Clone(hashes), at, at+1), true
}
