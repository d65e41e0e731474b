package command

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

// systemFolders hold tools for administrators, which the environment of a service often lacks.
var systemFolders = []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"}

// searchPath returns the folders of the environment and those of system tools. Relative folders are left out: what a
// service runs must not depend on where it was started.
func searchPath() []string {
	var list []string
	for _, folder := range filepath.SplitList(os.Getenv("PATH")) {
		if filepath.IsAbs(folder) && !slices.Contains(list, folder) {
			list = append(list, folder)
		}
	}
	if runtime.GOOS == "windows" {
		return list
	}
	for _, folder := range systemFolders {
		if !slices.Contains(list, folder) {
			list = append(list, folder)
		}
	}
	return list
}

// lookUp finds the file of a program.
func lookUp(path []string, name string) (string, bool) {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	for _, folder := range path {
		file := filepath.Join(folder, name)
		info, err := os.Stat(file)
		if err == nil && info.Mode().IsRegular() && (runtime.GOOS == "windows" || info.Mode()&0o111 != 0) {
			return file, true
		}
	}
	return "", false
}

// Installed reports whether the search path holds the program.
func (r *Runner) Installed(name string) bool {
	_, ok := lookUp(r.path, name)
	return ok
}
