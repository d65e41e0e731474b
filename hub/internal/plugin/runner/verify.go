package runner

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"os"
)

// OpenVerified opens an executable and checks that it has the hash, lower-case
// hexadecimal, unless that is empty; the error wraps ErrModified if it does not.
// What was opened here is what is to be run, not what the path may name by
// then. The file is at its beginning, and the caller closes it.
func OpenVerified(path, expected string) (*os.File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open executable: %w", err)
	}
	if expected == "" {
		return file, nil
	}
	err = verify(file, expected)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

func verify(file *os.File, expected string) error {
	want, err := hex.DecodeString(expected)
	if err != nil || len(want) != sha256.Size {
		return fmt.Errorf("expected sha256 %q is not one", expected)
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return fmt.Errorf("read executable: %w", err)
	}
	if got := hash.Sum(nil); subtle.ConstantTimeCompare(got, want) != 1 {
		return fmt.Errorf("%w: it has %x", ErrModified, got)
	}
	return nil
}
