package start

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// errFolder says that a plugin has put something else in the place of a folder.
var errFolder = errors.New("the data folder is not a folder")

// makeFolder makes a plugin's data folder and the one of a process below it.
// The plugin may write to the former: it must not have laid a link there that
// would open another folder to it.
func makeFolder(plugin, process string) error {
	if err := os.MkdirAll(plugin, 0o700); err != nil {
		return fmt.Errorf("create data folder: %w", err)
	}
	below, err := filepath.Rel(plugin, process)
	if err != nil {
		return fmt.Errorf("create data folder: %w", err)
	}
	if below == "." {
		return nil
	}
	root, err := os.OpenRoot(plugin)
	if err != nil {
		return fmt.Errorf("create data folder: %w", err)
	}
	defer root.Close()
	if err := root.Mkdir(below, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("create data folder: %w", err)
	}
	info, err := root.Lstat(below)
	if err != nil {
		return fmt.Errorf("create data folder: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%w: %s", errFolder, process)
	}
	return nil
}

// openWay makes it possible for any user to go through the folders above the
// given one, if they are among the passages. It returns the lowest other
// folder that stops them, empty if none does.
func openWay(folder string, passages []string) (closed string, err error) {
	const search = 0o001
	for at := filepath.Dir(filepath.Clean(folder)); ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		if err != nil {
			return "", fmt.Errorf("look at the way to plugin's files: %w", err)
		}
		if mode := info.Mode().Perm(); mode&search == 0 {
			if !slices.Contains(passages, at) {
				return at, nil
			}
			if err := os.Chmod(at, mode|search); err != nil {
				return "", fmt.Errorf("let plugin through to its files: %w", err)
			}
		}
		if at == filepath.Dir(at) {
			return "", nil
		}
	}
}
