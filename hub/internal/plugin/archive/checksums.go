package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Digest is the SHA-256 over the sorted list of a package's files with their
// checksums, in lower-case hexadecimal: the name of exactly this content.
type Digest string

// Valid tells whether the text has the form of a digest.
func (d Digest) Valid() bool { return validSHA256(string(d)) }

// Short returns the first 12 digits. They are for people and names of folders, and prove nothing.
func (d Digest) Short() string { return string(d)[:min(len(d), 12)] }

// FormatChecksums returns the list of files the way sha256sum prints it, in
// the order they come in.
func FormatChecksums(files []File) []byte {
	var list bytes.Buffer
	for _, file := range files {
		list.WriteString(file.SHA256)
		list.WriteString("  ")
		list.WriteString(file.Name)
		list.WriteByte('\n')
	}
	return list.Bytes()
}

// ParseChecksums reads such a list: 64 lower-case hexadecimal digits, two
// spaces, a name and a line feed for each file. The files have no Size. Errors
// wrap ErrChecksums.
func ParseChecksums(text []byte) ([]File, error) {
	if len(text) > maxChecksumsBytes {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrChecksums, maxChecksumsBytes)
	}
	var files []File
	seen := map[string]bool{}
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		sum, name, ok := strings.Cut(line, "  ")
		name, ended := strings.CutSuffix(name, "\n")
		if !ok || !ended || !validSHA256(sum) {
			return nil, fmt.Errorf("%w: line %d is not a checksum, two spaces and a name", ErrChecksums, number)
		}
		if err := checkName(name); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrChecksums, number, err)
		}
		if seen[name] || name == ChecksumsName || name == SignatureName {
			return nil, fmt.Errorf("%w: line %d: %s must not be there", ErrChecksums, number, name)
		}
		seen[name] = true
		files = append(files, File{Name: name, SHA256: sum})
	}
	return files, nil
}

func validSHA256(text string) bool {
	return len(text) == 2*sha256.Size && strings.Trim(text, "0123456789abcdef") == ""
}

// digestOf expects all files, sorted by name.
func digestOf(files []File) Digest {
	sum := sha256.Sum256(FormatChecksums(files))
	return Digest(hex.EncodeToString(sum[:]))
}
