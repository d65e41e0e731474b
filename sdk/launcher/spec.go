package launcher

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// ErrInvalid says that a spec is not one that the launcher can apply.
var ErrInvalid = errors.New("invalid launch spec")

// Bounds of a spec.
const (
	// MaxSpecBytes is the longest spec that is read.
	MaxSpecBytes = 256 << 10
	// MinDataBytes is the smallest memory limit: below it a Go program may not even start.
	MinDataBytes = 32 << 20
	minNoFile    = 16
	maxNoFile    = 1 << 20
	maxEntries   = 1024
)

// Spec says what to become and how to be confined. It reaches the launcher as
// one JSON value on descriptor SpecFD.
type Spec struct {
	// Level is Limited, Confined or Separate.
	Level Level `json:"level"`
	// Required says that nothing is run when the effective level would be lower than Level.
	Required bool `json:"required,omitempty"`

	// Path is the absolute path of the executable. Empty means the open file at descriptor ExecutableFD.
	Path string `json:"path,omitempty"`
	// Args are the arguments, the name of the program first.
	Args []string `json:"args"`
	// Env is the whole environment as "NAME=value"; the launcher's own is not passed on.
	Env []string `json:"env,omitempty"`
	// Dir is the working directory, an absolute path.
	Dir string `json:"dir"`

	Limits Limits `json:"limits,omitzero"`
	// Access is needed from level Confined on.
	Access *Access `json:"access,omitempty"`
	// Identity is for level Separate. Without one, the report says that the plugin has no user of its own.
	Identity *Identity `json:"identity,omitempty"`
}

// Limits are what level Limited consists of; core dumps are always off.
type Limits struct {
	// NoFile is how many descriptors may be open, 0 for no limit of ours.
	NoFile uint64 `json:"nofile,omitempty"`
	// DataBytes is how much memory may be written to (RLIMIT_DATA), 0 for no limit.
	DataBytes uint64 `json:"data_bytes,omitempty"`
	// Processes is how many threads the user may have (RLIMIT_NPROC), 0 for no limit. It counts all
	// threads of the user and is therefore only of use with a user of its own.
	Processes uint64 `json:"processes,omitempty"`
	// Nice is 0 to 19; higher is less processor time under load.
	Nice int `json:"nice,omitempty"`
	// OOMScoreAdj is 0 to 1000; higher is ended earlier when the machine is out of memory.
	OOMScoreAdj int `json:"oom_score_adj,omitempty"`
}

// Access names what can be reached; everything else cannot. All paths are
// absolute, and stand for everything below them.
type Access struct {
	// Read can be read. Those that do not exist are passed over.
	Read []string `json:"read,omitempty"`
	// Write can be read, written and filled, but nothing there can be run. They must exist.
	Write []string `json:"write,omitempty"`
	// Execute can be read and run: the loader of a dynamic executable, an
	// interpreter. The executable itself need not be named. Those that do not exist are passed over.
	Execute []string `json:"execute,omitempty"`
	// ConnectPorts are the TCP ports that can be connected to.
	ConnectPorts []uint16 `json:"connect_ports,omitempty"`
	// AnyPort lifts the restriction to ConnectPorts.
	AnyPort bool `json:"any_port,omitempty"`
}

// Identity is the user and group to become, with no further groups. Neither is 0.
type Identity struct {
	UID uint32 `json:"uid"`
	GID uint32 `json:"gid"`
}

// DecodeSpec reads and checks a spec. Members it does not know are an error:
// what they ask for would otherwise silently be left out.
func DecodeSpec(data []byte) (*Spec, error) {
	if len(data) > MaxSpecBytes {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrInvalid, MaxSpecBytes)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var spec Spec
	if err := decoder.Decode(&spec); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("%w: more than one JSON value", ErrInvalid)
	}
	if err := spec.Validate(); err != nil {
		return nil, err
	}
	return &spec, nil
}

// Encode returns the spec as DecodeSpec reads it, or why it would not.
func (s *Spec) Encode() ([]byte, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	data, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode launch spec: %w", err)
	}
	if len(data) > MaxSpecBytes {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrInvalid, MaxSpecBytes)
	}
	return data, nil
}

// Validate checks everything that can be checked without looking at the machine.
func (s *Spec) Validate() error {
	checks := []struct {
		ok      bool
		problem string
	}{
		{s.Level >= Limited && s.Level <= Separate, "level must be 1, 2 or 3"},
		{s.Path == "" || cleanPath(s.Path), "path must be absolute"},
		{len(s.Args) > 0 && plain(s.Args), "args must be 1 to 1024 of UTF-8 without zero bytes"},
		{plain(s.Env) && !slices.ContainsFunc(s.Env, notVariable), "env must be at most 1024 of the form NAME=value"},
		{cleanPath(s.Dir), "dir must be an absolute path"},
		{s.Level < Confined || s.Access != nil, "level needs access"},
		{s.Level >= Confined || s.Access == nil, "access needs a higher level"},
		{s.Level >= Separate || s.Identity == nil, "identity needs a higher level"},
		{s.Identity == nil || s.Identity.valid(), "identity must be neither 0 nor the highest number"},
	}
	for _, check := range checks {
		if !check.ok {
			return fmt.Errorf("%w: %s", ErrInvalid, check.problem)
		}
	}
	if err := s.Limits.validate(); err != nil {
		return err
	}
	return s.Access.validate()
}

func (l Limits) validate() error {
	switch {
	case l.NoFile != 0 && (l.NoFile < minNoFile || l.NoFile > maxNoFile):
		return fmt.Errorf("%w: nofile must be %d to %d", ErrInvalid, minNoFile, maxNoFile)
	case l.DataBytes != 0 && (l.DataBytes < MinDataBytes || l.DataBytes > math.MaxInt64):
		return fmt.Errorf("%w: data_bytes must be at least %d", ErrInvalid, MinDataBytes)
	case l.Processes > maxNoFile:
		return fmt.Errorf("%w: processes must be at most %d", ErrInvalid, maxNoFile)
	case l.Nice < 0 || l.Nice > 19:
		return fmt.Errorf("%w: nice must be 0 to 19", ErrInvalid)
	case l.OOMScoreAdj < 0 || l.OOMScoreAdj > 1000:
		return fmt.Errorf("%w: oom_score_adj must be 0 to 1000", ErrInvalid)
	}
	return nil
}

func (a *Access) validate() error {
	if a == nil {
		return nil
	}
	paths := slices.Concat(a.Read, a.Write, a.Execute)
	if len(paths) > maxEntries {
		return fmt.Errorf("%w: more than %d paths", ErrInvalid, maxEntries)
	}
	for _, p := range paths {
		if !cleanPath(p) {
			return fmt.Errorf("%w: access: %q is no absolute path", ErrInvalid, p)
		}
	}
	if slices.Contains(a.ConnectPorts, 0) {
		return fmt.Errorf("%w: there is no port 0", ErrInvalid)
	}
	if a.AnyPort && len(a.ConnectPorts) > 0 {
		return fmt.Errorf("%w: any_port and connect_ports exclude each other", ErrInvalid)
	}
	return nil
}

func (i *Identity) valid() bool {
	unchanged := uint32(math.MaxUint32) // what the system calls take for "leave it as it is"
	return i.UID != 0 && i.GID != 0 && i.UID != unchanged && i.GID != unchanged
}

func cleanPath(p string) bool {
	return path.IsAbs(p) && path.Clean(p) == p && textual(p)
}

func plain(list []string) bool {
	return len(list) <= maxEntries &&
		!slices.ContainsFunc(list, func(s string) bool { return !textual(s) })
}

// textual tells whether the text comes through JSON and a system call unchanged.
func textual(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

func notVariable(entry string) bool { return strings.IndexByte(entry, '=') < 1 }
