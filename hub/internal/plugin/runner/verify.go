package runner

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"os"
)

// openVerified opens the executable and checks its hash unless the expected
// one is empty. The caller runs what was read here, not what the path may name by then.
func openVerified(path, expected string) (*os.File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open executable: %w", err)
	}
	if expected == "" {
		return file, nil
	}
	if err := verify(file, expected); err != nil {
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
