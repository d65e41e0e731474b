package start

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/plugin/sandbox"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
)

// ErrRuntime says that a plugin needs an interpreter that the operator does
// not allow or that is not there. The text that wraps it names it.
var ErrRuntime = errors.New("the plugin's interpreter cannot be used")

// Runtimes are the interpreters that the operator allows, as absolute paths by
// the names that manifests use: {"node": "/usr/bin/node"}.
type Runtimes map[string]string

// Find returns the path of an interpreter, which may also be given as its path
// already. The error wraps ErrRuntime.
func (r Runtimes) Find(interpreter string) (string, error) {
	path, ok := r[interpreter]
	if !ok && slices.Contains(slices.Collect(maps.Values(r)), interpreter) {
		path, ok = interpreter, true
	}
	if !ok {
		return "", fmt.Errorf("%w: %q is not among the allowed runtimes", ErrRuntime, interpreter)
	}
	if !filepath.IsAbs(path) {
		return "", fmt.Errorf("%w: the path of %q is not absolute", ErrRuntime, interpreter)
	}
	return filepath.Clean(path), nil
}

// target is what is executed: a native executable or an interpreter.
type target struct {
	file *os.File // the open executable, nil for an interpreter
	path string
	args []string
}

func (r Runtimes) resolve(executable *supervise.Executable) (target, error) {
	if executable.Interpreter == "" {
		return target{file: executable.File, path: executable.Path, args: executable.Args}, nil
	}
	path, err := r.Find(executable.Interpreter)
	if err != nil {
		return target{}, err
	}
	if _, err := os.Stat(path); err != nil {
		return target{}, fmt.Errorf("%w: %w", ErrRuntime, err)
	}
	return target{path: path, args: append([]string{executable.Path}, executable.Args...)}, nil
}

// needs returns what the target needs to start beside itself.
func (t target) needs(executable *supervise.Executable) (sandbox.Runtime, error) {
	file := t.file
	if file == nil {
		var err error
		if file, err = os.Open(t.path); err != nil {
			return sandbox.Runtime{}, fmt.Errorf("%w: %w", ErrRuntime, err)
		}
		defer file.Close()
	}
	needs, err := sandbox.RuntimeOf(file)
	if err != nil && t.file == nil {
		return sandbox.Runtime{}, fmt.Errorf("%w: %s: %w", ErrRuntime, t.path, err)
	}
	if err != nil {
		return sandbox.Runtime{}, err
	}
	if executable.Folder != "" {
		needs.Read = append(needs.Read, executable.Folder)
	}
	if t.file == nil {
		needs.Read = append(needs.Read, librariesOf(t.path)...)
	}
	return needs, nil
}

// librariesOf returns where interpreters read their own parts and those that
// the operator has installed for them, on the usual distributions. None of it
// is about this hub. A name stands for all that begin with it: python for
// python3.12, too. Others get the folders that all have, in which most keep all.
//
//	/usr/lib, /usr/lib64, /usr/local/lib  shared libraries, /usr/lib/python3*, /usr/lib/node_modules
//	/usr/share/nodejs                     what Debian takes out of Node.js, and its packages for it
//	/etc/ssl/openssl.cnf                  what Node.js and Python's ssl read through OpenSSL
//	/etc/python3, /usr/share/python3      Debian's settings of Python and its helpers
func librariesOf(path string) []string {
	libraries := []string{"/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ssl/openssl.cnf"}
	for _, known := range []struct {
		name    string
		folders []string
	}{
		{"node", []string{"/usr/share/nodejs"}},
		{"python", []string{"/etc/python3", "/usr/share/python3"}},
	} {
		if strings.HasPrefix(filepath.Base(path), known.name) {
			libraries = append(libraries, known.folders...)
		}
	}
	return libraries
}
