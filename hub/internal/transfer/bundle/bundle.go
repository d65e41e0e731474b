// Package bundle seals a configuration with a passphrase into one text, and opens such texts: those of this hub and
// those of hubs of version 5.
package bundle

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
)

// Reasons why a bundle is not opened or made. Test with [errors.Is]. None of the texts holds anything of the bundle.
var (
	// ErrNotBase64 says that the text is not standard base64 with padding.
	ErrNotBase64 = errors.New("import data is not base64")
	// ErrShort says that there are fewer bytes than a bundle has at least.
	ErrShort = errors.New("import data is too short to be a bundle")
	// ErrTooLarge says that a bundle, or what it is to hold, is larger than MaxData or MaxPlain.
	ErrTooLarge = errors.New("bundle is too large")
	// ErrDecrypt says that the passphrase is not the one, or that the bundle is damaged: that cannot be told apart. The
	// text is the one that clients of version 5 know.
	ErrDecrypt = errors.New("failed to decrypt import data: cipher: message authentication failed")
	// ErrHeader says that the beginning of a bundle cannot be read, or asks for more memory than is granted.
	ErrHeader = errors.New("the header of the bundle cannot be used")
	// ErrPassphrase says that a passphrase is empty.
	ErrPassphrase = errors.New("passphrase is empty")
)

const (
	// MaxData bounds the text of a bundle, in bytes.
	MaxData = 8 << 20
	// MaxPlain bounds what a bundle holds, in bytes. Sealed and encoded it is no larger than MaxData.
	MaxPlain = 5 << 20
)

// Format is how a bundle is encrypted, and so what kind of hub made it.
type Format string

// The formats, see docs/format/bundle.md.
const (
	// FormatPulse is the format of this hub: an age file with a passphrase.
	FormatPulse Format = "pulse"
	// FormatV5 is the format of hubs of version 5.
	FormatV5 Format = "v5"
)

// Opened is what was in a bundle.
type Opened struct {
	Format Format
	// Plain is the caller's, and holds secrets.
	Plain []byte
}

// Seal encrypts plain with a passphrase and returns the text of the bundle. It takes about a quarter of a second and
// 64 MiB of memory, so that guessing does too.
func Seal(plain []byte, passphrase string) (string, error) {
	if passphrase == "" {
		return "", ErrPassphrase
	}
	if len(plain) > MaxPlain {
		return "", ErrTooLarge
	}
	sealed, err := sealAge(plain, passphrase)
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(sealed), nil
}

// Open tells the format of a bundle and decrypts it. White space in the text does not count. A bundle that was made
// elsewhere may need up to four times the time and memory of one of Seal; those that want more are not opened.
func Open(data, passphrase string) (Opened, error) {
	if passphrase == "" {
		return Opened{}, ErrPassphrase
	}
	if len(data) > MaxData {
		return Opened{}, ErrTooLarge
	}
	sealed, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(data), ""))
	if err != nil {
		return Opened{}, ErrNotBase64 // the decoder's text says where, which helps nobody
	}
	if bytes.HasPrefix(sealed, []byte(ageIntro)) {
		plain, err := openAge(sealed, passphrase)
		return Opened{FormatPulse, plain}, err
	}
	plain, err := openV5(sealed, passphrase)
	return Opened{FormatV5, plain}, err
}
