package write

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// A position is a place in the write-ahead log: what is before it has been passed on.
type position struct {
	// Segment is the number of a file of the log; -1 is before everything.
	Segment int `json:"segment"`
	// Offset is in bytes from the beginning of the file.
	Offset int64 `json:"offset"`
}

// beginning is before everything.
func beginning() position { return position{Segment: -1} }

// loadPosition reads a position. A file that is missing or damaged, as a crash of the machine leaves it, has none: then
// what the log holds is sent once more, which does no harm.
func loadPosition(path string) (position, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return beginning(), nil
	}
	if err != nil {
		return beginning(), fmt.Errorf("read position: %w", err)
	}
	var p position
	if json.Unmarshal(raw, &p) != nil || p.Segment < -1 || p.Offset < 0 {
		return beginning(), nil
	}
	return p, nil
}

func (p position) save(path string) error {
	raw, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode position: %w", err)
	}
	if err := replaceFile(path, raw); err != nil {
		return fmt.Errorf("save position: %w", err)
	}
	return nil
}

// replaceFile writes a file so that it is either the old or the new one, whatever happens to the process.
func replaceFile(path string, content []byte) error {
	fresh := path + ".new"
	if err := os.WriteFile(fresh, content, 0o600); err != nil {
		return errors.Join(err, ignoreMissing(os.Remove(fresh)))
	}
	return os.Rename(fresh, path)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
