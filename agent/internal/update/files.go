package update

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// info is what .pulse-update-info holds.
type info struct {
	// From and To are the versions of the last update; empty when it was taken back.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// Refused is a version that did not work and is not tried again; empty: none.
	Refused string `json:"refused,omitempty"`
	// At is when that happened.
	At time.Time `json:"at"`
}

// files are those an update is made of.
type files struct{ program, stateDir string }

func (f files) backup() string { return f.program + ".backup" }

func (f files) infoFile() string {
	return filepath.Join(filepath.Dir(f.program), ".pulse-update-info")
}

// acceptedFile holds the version of the agent whose report was accepted first after its start.
func (f files) acceptedFile() string { return filepath.Join(f.stateDir, "accepted") }

// onTrial reports whether a new program has not proven itself yet.
func (f files) onTrial() bool {
	_, err := os.Stat(f.backup())
	return err == nil
}

// info returns what is known of the last update; nothing when it cannot be read.
func (f files) info() info {
	var known info
	raw, err := os.ReadFile(f.infoFile())
	if err != nil || json.Unmarshal(raw, &known) != nil {
		return info{}
	}
	return known
}

func (f files) note(what info) error {
	raw, err := json.Marshal(what)
	if err != nil {
		return fmt.Errorf("encode update: %w", err)
	}
	return write(f.infoFile(), raw)
}

// write replaces a file as a whole. Everybody may read it.
func write(path string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("write file: %w", err)
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Chmod(0o644), file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // best effort
		return fmt.Errorf("write file: %w", err)
	}
	return nil
}

// replace puts a new program in place and keeps the old one. Whenever it is cut off, there is a program.
func (f files) replace(program string, trial info) error {
	if err := f.note(trial); err != nil {
		return err
	}
	// A second name for the old program, where the file system knows that; else it is away for a moment.
	if err := os.Link(f.program, f.backup()); err != nil {
		if err := os.Rename(f.program, f.backup()); err != nil {
			return fmt.Errorf("keep the old program: %w", err)
		}
	}
	err := os.Rename(program, f.program)
	if err != nil { // a program that runs is not written over everywhere, but it can be moved out of the way
		err = errors.Join(os.Rename(f.program, f.program+".old"), os.Rename(program, f.program))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("put the new program in place: %w", err), os.Rename(f.backup(), f.program))
	}
	return nil
}

// rollBack puts the old program back.
func (f files) rollBack(note info) error {
	err := os.Rename(f.backup(), f.program)
	if err != nil { // as above
		err = errors.Join(os.Rename(f.program, f.program+".old"), os.Rename(f.backup(), f.program))
	}
	return errors.Join(err, f.note(note))
}

// confirm ends a trial, and brings the second place of the program up to date if there is one.
func (f files) confirm(second string) error {
	_ = os.Remove(f.program + ".old") // it may run still, or there is none
	if err := os.Remove(f.backup()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the old program: %w", err)
	}
	if second == "" {
		return nil
	}
	if _, err := os.Stat(second); err != nil {
		return nil // there is no second place here
	}
	return copyFile(f.program, second)
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("copy program: %w", err)
	}
	defer func() { _ = source.Close() }() // nothing was written

	target, err := os.OpenFile(to+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755) //nolint:gosec // G302: it is a program
	if err != nil {
		return fmt.Errorf("copy program: %w", err)
	}
	_, err = io.Copy(target, source)
	if err = errors.Join(err, target.Sync(), target.Close()); err == nil {
		err = os.Rename(to+".new", to)
	}
	if err != nil {
		return fmt.Errorf("copy program: %w", err)
	}
	return nil
}

// accepted reports whether the program on trial has reported.
func (f files) accepted(trial info) bool {
	file, err := os.Stat(f.acceptedFile())
	// File systems may keep whole or even seconds only.
	return err == nil && !file.ModTime().Before(trial.At.Add(-2*time.Second)) && f.acceptedVersion() == trial.To
}

func (f files) acceptedVersion() string {
	raw, err := os.ReadFile(f.acceptedFile())
	if err != nil {
		return "" // none was
	}
	return strings.TrimSpace(string(raw))
}
