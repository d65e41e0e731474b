// Package archive reads and writes plugin packages: .pulseplugin files, and
// folders that hold the same files.
//
// Nothing of a package is believed before all of it was read: names, kinds,
// sizes and numbers are bounded while it is read, and in the end every file
// must be the one that its list of checksums names. Nothing is ever run. The
// format is described in docs/format/pulseplugin.md.
package archive

import (
	"errors"
	"path"
	"runtime"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/sdk/manifest"
)

// Names with a meaning within a package.
const (
	// Extension is what the name of a package file ends with.
	Extension = ".pulseplugin"
	// ChecksumsName is the file that lists the SHA-256 of all others but its signature.
	ChecksumsName = "checksums.txt"
	// SignatureName is the minisign signature of ChecksumsName.
	SignatureName = ChecksumsName + ".minisig"
	// binFolder is the folder whose files are executable.
	binFolder = "bin/"
)

// Bounds of single files that are kept in memory.
const (
	maxChecksumsBytes = 4 << 20
	maxSignatureBytes = 16 << 10
)

// Reasons to refuse a package. Each error that wraps one says which file it is about.
var (
	// ErrNotPackage says that it is neither a package file nor a folder.
	ErrNotPackage = errors.New("not a plugin package")
	// ErrDamaged says that the compressed archive cannot be read.
	ErrDamaged = errors.New("the package is damaged")
	// ErrTruncated says that the package ends too early.
	ErrTruncated = errors.New("the package is cut off")
	// ErrTrailing says that there is more after the end of the archive.
	ErrTrailing = errors.New("the package goes on after its end")
	// ErrTooLarge says that the package, or one of its descriptive files, is larger than allowed.
	ErrTooLarge = errors.New("the package is too large")
	// ErrTooMany says that the package has more files and folders than allowed.
	ErrTooMany = errors.New("the package has too many files")
	// ErrName says that a file has a name that is not allowed in packages.
	ErrName = errors.New("file name is not allowed")
	// ErrKind says that something is neither a regular file nor a folder.
	ErrKind = errors.New("not a regular file")
	// ErrDuplicate says that two files have names that some systems take for the same.
	ErrDuplicate = errors.New("file comes twice")
	// ErrNoManifest says that there is no plugin.json.
	ErrNoManifest = errors.New("there is no " + manifest.FileName)
	// ErrManifest says that plugin.json breaks a rule.
	ErrManifest = errors.New("unusable " + manifest.FileName)
	// ErrNoChecksums says that there is no checksums.txt.
	ErrNoChecksums = errors.New("there is no " + ChecksumsName)
	// ErrChecksums says that checksums.txt is not well-formed.
	ErrChecksums = errors.New("unusable " + ChecksumsName)
	// ErrUnlisted says that a file is not in checksums.txt.
	ErrUnlisted = errors.New("file is not in " + ChecksumsName)
	// ErrMissing says that a file of checksums.txt is not there.
	ErrMissing = errors.New("file of " + ChecksumsName + " is missing")
	// ErrMismatch says that a file is not the one that was listed.
	ErrMismatch = errors.New("file does not have the listed sha256")
	// ErrNoExecutable says that the package holds none of the executables of its manifest.
	ErrNoExecutable = errors.New("the package holds no executable of its manifest")
	// ErrUnstable says that a file changed while it was read.
	ErrUnstable = errors.New("file changed while it was read")
)

// Refused tells whether an error is about the package, and not about the
// system that it was read with.
func Refused(err error) bool {
	for _, reason := range []error{
		ErrNotPackage, ErrDamaged, ErrTruncated, ErrTrailing, ErrTooLarge, ErrTooMany, ErrName, ErrKind, ErrDuplicate,
		ErrNoManifest, ErrManifest, ErrNoChecksums, ErrChecksums, ErrUnlisted, ErrMissing, ErrMismatch, ErrNoExecutable,
		ErrUnstable,
	} {
		if errors.Is(err, reason) {
			return true
		}
	}
	return false
}

// Limits bound what is read. Both must be positive.
type Limits struct {
	// Bytes bounds the sum of all files, unpacked, and the package file itself.
	Bytes int64
	// Entries bounds the number of files and folders.
	Entries int
}

// DefaultLimits returns the limits of every hub.
func DefaultLimits() Limits { return Limits{Bytes: 256 << 20, Entries: 10_000} }

// File is one file of a package.
type File struct {
	// Name is slash-separated and relative.
	Name string
	Size int64
	// SHA256 is in lower-case hexadecimal.
	SHA256 string
}

// Content is what a package holds. It has been checked, and is not changed any more.
type Content struct {
	Manifest *manifest.Manifest
	// Files are all files, those with the checksums and the signature too, sorted by name.
	Files []File
	// Digest names all of it: two packages with the same digest have the same files.
	Digest Digest
	// Bytes is the sum of all files.
	Bytes int64
	// Checksums and Signature are what the two files hold. Signature is nil if there is none.
	Checksums, Signature []byte
}

// File returns the file of that name and whether there is one.
func (c *Content) File(name string) (File, bool) {
	i, ok := slices.BinarySearchFunc(c.Files, name, func(f File, name string) int { return strings.Compare(f.Name, name) })
	if !ok {
		return File{}, false
	}
	return c.Files[i], true
}

// Executable returns what to start on a platform, "linux-amd64", and whether
// the package has it: the platform's own executable, or else one for any.
func (c *Content) Executable(platform string) (manifest.Executable, File, bool) {
	for _, key := range []string{platform, "any"} {
		described, ok := c.Manifest.Exec[key]
		if !ok {
			continue
		}
		if file, ok := c.File(path.Clean(described.Path)); ok {
			return described, file, true
		}
	}
	return manifest.Executable{}, File{}, false
}

// RunsDirectly tells whether a file of the package gets the right to be
// executed. It follows from the content alone, not from the mode it was packed with.
func (c *Content) RunsDirectly(name string) bool {
	if strings.HasPrefix(name, binFolder) {
		return true
	}
	for _, described := range c.Manifest.Exec {
		if described.Interpreter == "" && path.Clean(described.Path) == name {
			return true
		}
	}
	return false
}

// Platform returns the platform of the running program, as manifests name it.
func Platform() string { return runtime.GOOS + "-" + runtime.GOARCH }

// FileName returns what the package of a plugin is called:
// "<id>_<version>_<os>_<arch>.pulseplugin".
func FileName(m *manifest.Manifest, platform string) string {
	return m.ID + "_" + m.Version + "_" + strings.ReplaceAll(platform, "-", "_") + Extension
}
