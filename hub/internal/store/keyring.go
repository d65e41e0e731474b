package store

import (
	"encoding/hex"
	"fmt"
)

// A keyring is the key that records are sealed with, and the one that they may have been sealed with before. It does
// not change once it is made.
type keyring struct {
	newest *sealer
	former *sealer // nil: there is none
}

// open opens a sealed record with the key that it names.
func (k *keyring) open(b Bucket, key string, sealed []byte) ([]byte, error) {
	return k.of(sealed).open(b, key, sealed)
}

// of returns what has sealed a record; for one that no key of the ring has sealed, what will say so.
func (k *keyring) of(sealed []byte) *sealer {
	if k.former != nil && checkSealed(sealed) == nil && k.former.made(sealed) {
		return k.former
	}
	return k.newest
}

// A keyID tells keys apart. It is part of every sealed record and no secret.
type keyID [keyIDBytes]byte

// String is the id as it is shown: 8 hexadecimal digits.
func (id keyID) String() string { return hex.EncodeToString(id[:]) }

// sealedBy returns the id of the key that a record says it was sealed with.
func sealedBy(sealed []byte) (id keyID, err error) {
	if err := checkSealed(sealed); err != nil {
		return id, err
	}
	return keyID(sealed[1:][:keyIDBytes]), nil
}

// wrongKeyError says that none of the sealed records is of the key that was found.
func wrongKeyError(source string, have, want keyID) error {
	return fmt.Errorf("%w: %s holds the key %s, the records were sealed with %s: put back the key file that belongs to this store",
		ErrWrongKey, source, have, want)
}
