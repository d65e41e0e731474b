// Package sysfs reads the small text files in which the kernel tells one value each.
package sysfs

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// maxLine bounds what is read of a file, in bytes; the kernel's own bound is one page.
const maxLine = 4096

// Line returns the trimmed text of a file, or nothing when it cannot be read.
func Line(path string) string {
	text, _ := Read(path) // best effort, as the name of the function says
	return text
}

// Read returns the trimmed text of a file.
func Read(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	var buffer [maxLine]byte
	length, err := file.Read(buffer[:]) // the kernel gives such a file in one piece
	if err != nil && length == 0 {
		return "", err
	}
	return strings.TrimSpace(string(buffer[:length])), nil
}

// Int returns the whole number in a file and whether there is one.
func Int(path string) (int64, bool) {
	value, err := strconv.ParseInt(Line(path), 10, 64)
	return value, err == nil
}

// Uint returns the whole number of at least zero in a file.
func Uint(path string) (uint64, error) {
	text, err := Read(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(text, 10, 64)
}

// List returns the paths of the entries of a folder whose names begin with the prefix, in order; nothing when the folder
// cannot be read.
func List(folder, prefix string) []string {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	var paths []string
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), prefix) {
			paths = append(paths, filepath.Join(folder, entry.Name()))
		}
	}
	return paths
}
