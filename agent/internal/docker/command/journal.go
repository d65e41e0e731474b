package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Bounds of what is remembered: the hub gives a command up after ten minutes, so that the oldest of many is of no use.
const (
	maxEntries = 128
	maxJournal = 1 << 20
)

// fileName is the journal's, in the directory of the state: a JSON array of entries, the oldest first.
const fileName = "docker-commands.json"

// status is how far a command got, in the hub's words.
type status string

const (
	acknowledged status = "acknowledged"
	inProgress   status = "in_progress"
	completed    status = "completed"
	failed       status = "failed"
)

func (s status) final() bool { return s == completed || s == failed }

// entry is what is remembered of one command.
type entry struct {
	ID     string `json:"id"`
	Type   string `json:"type"`
	Status status `json:"status"`
	// Message goes with the status.
	Message string `json:"message,omitempty"`
	// Told says that the hub knows how it ended.
	Told bool `json:"told,omitempty"`
	// At is when the status came about.
	At time.Time `json:"at"`
	// Swap is the container that is being replaced; nil before and after.
	Swap *swap `json:"swap,omitempty"`
}

// journal remembers commands, also over restarts. It belongs to one goroutine.
type journal struct {
	folder  string // empty keeps it in memory
	entries []entry
}

// load reads what was remembered. A file that cannot be understood is as none: it is only a memory of the last minutes.
func (j *journal) load() error {
	if j.folder == "" {
		return nil
	}
	info, err := os.Stat(j.path())
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() > maxJournal {
		return nil
	}
	text, err := os.ReadFile(j.path())
	if err != nil {
		return fmt.Errorf("read commands: %w", err)
	}
	if err := json.Unmarshal(text, &j.entries); err != nil {
		j.entries = nil
		return fmt.Errorf("read commands: %w", err)
	}
	return nil
}

func (j *journal) path() string { return filepath.Join(j.folder, fileName) }

// find returns the entry of a command, valid until the next put; nil when there is none.
func (j *journal) find(id string) *entry {
	at := slices.IndexFunc(j.entries, func(each entry) bool { return each.ID == id })
	if at < 0 {
		return nil
	}
	return &j.entries[at]
}

// put remembers an entry in place of the one with its id, and forgets the oldest when there are too many.
func (j *journal) put(changed entry) error {
	changed.At = time.Now().UTC()
	if known := j.find(changed.ID); known != nil {
		*known = changed
	} else {
		j.entries = append(j.entries, changed)
		j.entries = slices.Delete(j.entries, 0, max(len(j.entries)-maxEntries, 0))
	}
	return j.save()
}

// save writes the file anew, so that a crash leaves the old or the new one.
func (j *journal) save() error {
	if j.folder == "" {
		return nil
	}
	text, err := json.Marshal(j.entries)
	if err != nil {
		return fmt.Errorf("encode commands: %w", err)
	}
	if err := os.MkdirAll(j.folder, 0o700); err != nil {
		return fmt.Errorf("keep commands: %w", err)
	}
	file, err := os.CreateTemp(j.folder, fileName+".*")
	if err != nil {
		return fmt.Errorf("keep commands: %w", err)
	}
	defer os.Remove(file.Name()) // fails after the rename, as it should
	_, err = file.Write(text)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), j.path())
	}
	if err != nil {
		return fmt.Errorf("keep commands: %w", err)
	}
	return nil
}
