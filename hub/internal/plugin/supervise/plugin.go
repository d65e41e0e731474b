package supervise

import (
	"context"
	"os"

	"github.com/pulse-hub/pulse/sdk/launcher"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// Plugin says what to run. It is immutable once it is handed over.
type Plugin struct {
	// Manifest says what it is: id, version, components, needs, limits, transport.
	Manifest *manifest.Manifest
	// Digest is that of the content that runs, for showing; empty for a development build.
	Digest string
	// Verified says that the content is checked against an expected hash at each start.
	Verified bool
	Program  Program
	// Granted is what the operator allows.
	Granted manifest.Needs
	// Level is how far it shall be confined; Required, that it is rather not run than run less confined.
	Level    launcher.Level
	Required bool
	// Identity is the number of its own user among all plugins, 0 to sandbox.Identities-1.
	Identity int
	// DataDir is the only folder it may write to.
	DataDir string
	// Isolation is manifest.IsolationPlugin or manifest.IsolationInstance: the
	// operator's word or the manifest's. Empty means IsolationPlugin.
	Isolation string
}

// ID returns the id of the manifest.
func (p Plugin) ID() string { return p.Manifest.ID }

// Program opens what a plugin runs, verified, anew for every start. It is safe for concurrent use.
type Program interface {
	Open(ctx context.Context) (*Executable, error)
}

// Executable is one opening of a program; whoever opened it closes it after the start.
type Executable struct {
	// File is the open, hashed file to execute, at its beginning. For an
	// interpreter it is the script, which is passed by Path.
	File *os.File
	// Path is where it lies; a system that cannot execute open files runs it.
	Path string
	// Args follow the program's name.
	Args []string
	// Interpreter names an allowed runtime that is run with Path and Args; it
	// is empty for a native executable.
	Interpreter string
	// Folder is the folder of its package, which the plugin may read; empty: none.
	Folder string
	// Close releases the file. It is never nil.
	Close func() error
}
