package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path"
)

// Fingerprint tells cheaply whether a package file or folder may have changed:
// it is made of names, sizes, times and modes, and opens no file. It proves
// nothing about the content. Beyond the limit of entries it stops looking.
func Fingerprint(root *os.Root, name string, limits Limits) (string, error) {
	info, err := root.Lstat(name)
	if err != nil {
		return "", fmt.Errorf("look at package: %w", err)
	}
	look := &looker{root: root, hash: sha256.New(), left: limits.Entries}
	if err := look.at(name, info); err != nil {
		return "", err
	}
	return hex.EncodeToString(look.hash.Sum(nil)), nil
}

type looker struct {
	root *os.Root
	hash hash.Hash
	left int
}

func (l *looker) at(name string, info fs.FileInfo) error {
	fmt.Fprintf(l.hash, "%q %d %d %d\n", name, info.Mode(), info.Size(), info.ModTime().UnixNano())
	if !info.IsDir() {
		return nil
	}
	names, err := readDir(l.root, name, l.left)
	if err != nil {
		return err
	}
	for _, below := range names {
		if l.left--; l.left <= 0 {
			return nil
		}
		found, err := l.root.Lstat(path.Join(name, below))
		if err != nil {
			return fmt.Errorf("look at package: %w", err)
		}
		if err := l.at(path.Join(name, below), found); err != nil {
			return err
		}
	}
	return nil
}
