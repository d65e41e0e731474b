// Package download finds the agent's programs on the hub's disk and tells their checksums.
package download

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// ErrNotFound means that no folder holds the program.
var ErrNotFound = errors.New("program not found")

// Library looks programs up by name. It is safe for concurrent use.
type Library struct {
	folders []string

	mu   sync.Mutex
	sums map[string]*sum // by path; as many as there are programs in the folders
}

// sum is the checksum of one file as it was.
type sum struct {
	mu      sync.Mutex // held while the file is read, so that many callers read it once
	size    int64
	changed time.Time
	hex     string
}

// New returns a library over the folders, the first of which wins. It touches no disk.
func New(folders []string) *Library {
	return &Library{folders: folders, sums: map[string]*sum{}}
}

// Folders returns where the agent's programs are looked up: in the folder that was configured or else the one of an
// installed hub, in the usual folders of packages and images, and where "make agents" and "make build" leave them below
// the working directory. Each may keep the programs in a folder "agents" of its own.
func Folders(configured string) []string {
	if configured == "" {
		configured = "/opt/pulse/bin"
	}
	folders := []string{configured, "/opt/pulse", "/app"}
	if here, err := os.Getwd(); err == nil { // without a working directory there is nothing below it
		folders = append(folders, filepath.Join(here, "bin"))
	}
	var all []string
	for _, folder := range folders {
		all = append(all, folder, filepath.Join(folder, "agents"))
	}
	return all
}

// Program is a program that is open for reading. The caller closes it.
type Program struct {
	*os.File
	// Changed is when the file was written.
	Changed time.Time
	// SHA256 is the checksum of the content in lower-case hexadecimal.
	SHA256 string
}

// Open returns the first program of one of the names, the first name first; ErrNotFound when there is none. A name is one
// element of a path.
func (l *Library) Open(names ...string) (*Program, error) {
	for _, name := range names {
		for _, folder := range l.folders {
			program, err := l.open(filepath.Join(folder, name))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			return program, err
		}
	}
	return nil, ErrNotFound
}

func (l *Library) open(path string) (*Program, error) {
	// A folder of that name is somebody else's, and opening anything but a plain file may block.
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil, fs.ErrNotExist
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open program: %w", err)
	}
	program := &Program{File: file}
	if err := l.describe(program, path); err != nil {
		_ = file.Close() // nothing was written
		return nil, err
	}
	return program, nil
}

// describe fills in what is known of an open program.
func (l *Library) describe(program *Program, path string) error {
	info, err := program.Stat()
	if err != nil {
		return fmt.Errorf("open program: %w", err)
	}
	known := l.sum(path)
	known.mu.Lock()
	defer known.mu.Unlock()
	if known.hex == "" || known.size != info.Size() || !known.changed.Equal(info.ModTime()) {
		if known.hex, err = checksum(program.File); err != nil {
			return err
		}
		known.size, known.changed = info.Size(), info.ModTime()
	}
	program.Changed, program.SHA256 = info.ModTime(), known.hex
	return nil
}

func (l *Library) sum(path string) *sum {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sums[path] == nil {
		l.sums[path] = &sum{}
	}
	return l.sums[path]
}

// checksum reads a file from its beginning and goes back there.
func checksum(file *os.File) (string, error) {
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", fmt.Errorf("read program: %w", err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("read program: %w", err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// Generic returns the names of the agent's program for the hub's own system.
func Generic() []string { return []string{"pulse-agent", "pulse-agent.exe"} }

// Names returns the names under which the agent's program for a target may lie.
func Names(target Target) []string {
	names := []string{"pulse-agent-" + string(target)}
	if target.windows() {
		names = []string{names[0] + ".exe", names[0]}
	}
	if string(target) == runtime.GOOS+"-"+runtime.GOARCH {
		names = append(names, Generic()...)
	}
	return names
}

// Asset is the name of the program for a target among the files of a release.
func Asset(target Target) string { return Names(target)[0] }
