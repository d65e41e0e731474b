package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// ageIntro is how every age file begins (age-encryption.org/v1, section "header").
const ageIntro = "age-encryption.org/v1\n"

const (
	// workFactor is the logarithm of how often scrypt runs, which is also that of its memory in KiB.
	workFactor = 16
	// maxWorkFactor bounds what somebody else's file may ask for; the age program takes this one.
	maxWorkFactor = 18
)

func sealAge(plain []byte, passphrase string) ([]byte, error) {
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, fmt.Errorf("prepare passphrase: %w", err)
	}
	recipient.SetWorkFactor(workFactor)
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, recipient)
	if err != nil {
		return nil, fmt.Errorf("begin bundle: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("write bundle: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("end bundle: %w", err)
	}
	return sealed.Bytes(), nil
}

func openAge(sealed []byte, passphrase string) ([]byte, error) {
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, fmt.Errorf("prepare passphrase: %w", err)
	}
	identity.SetMaxWorkFactor(maxWorkFactor)
	r, err := age.Decrypt(bytes.NewReader(sealed), identity)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return nil, ErrDecrypt
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHeader, err)
	}
	plain, err := io.ReadAll(io.LimitReader(r, MaxPlain+1))
	if err != nil {
		return nil, ErrDecrypt // cut off, or changed
	}
	if len(plain) > MaxPlain {
		return nil, ErrTooLarge
	}
	return plain, nil
}
