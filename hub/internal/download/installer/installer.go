// Package installer holds the scripts that install the agent on a machine, and remove it.
package installer

import (
	"bytes"
	"embed"
	"io/fs"
	"slices"
)

// Purpose is what a script does when it is given no options that say otherwise.
type Purpose int

// The purposes.
const (
	// Install installs the agent or brings it up to date.
	Install Purpose = iota
	// InstallForContainers does so for containers alone, without the machine itself.
	InstallForContainers
	// Uninstall removes the agent.
	Uninstall
)

// The script for Unix is written in parts, in the order of their names.
//
//go:embed unix/*.sh windows.ps1
var files embed.FS

// presets are the options that come before those of the caller, by purpose.
func presets(purpose Purpose) string {
	switch purpose {
	case InstallForContainers:
		return "--enable-docker --disable-host"
	case Uninstall:
		return "--uninstall"
	}
	return ""
}

const (
	unixPreset    = "PRESET=''"
	windowsPreset = "[bool]$Uninstall = $false"
)

// Unix returns the script for Unix-like systems. It needs a POSIX shell and curl or wget.
func Unix(purpose Purpose) []byte {
	names, err := fs.Glob(files, "unix/*.sh")
	if err != nil { // the pattern is a constant
		panic(err)
	}
	slices.Sort(names)
	var parts [][]byte
	for _, name := range names {
		parts = append(parts, read(name))
	}
	return bytes.Replace(bytes.Join(parts, []byte("\n")), []byte(unixPreset), []byte("PRESET='"+presets(purpose)+"'"), 1)
}

// Windows returns the script for PowerShell 5.1 and newer.
func Windows(purpose Purpose) []byte {
	script := read("windows.ps1")
	if purpose == Uninstall {
		return bytes.Replace(script, []byte(windowsPreset), []byte("[bool]$Uninstall = $true"), 1)
	}
	return script
}

// read returns a file that was embedded, and so exists.
func read(name string) []byte {
	content, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return content
}
