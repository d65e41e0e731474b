// Package project turns what a plugin author has (a folder of Go sources, a
// folder with plugin.json, or a program) into something that can be started
// and packed.
package project

import (
	"context"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// Errors of finding and building a plugin. The text that wraps them says more.
var (
	// ErrNoPlugin says that there is nothing at the path that could be a plugin.
	ErrNoPlugin = errors.New("there is no plugin: neither a Go program, nor plugin.json, nor an executable file")
	// ErrBuild says that the program does not build; what the compiler said follows.
	ErrBuild = errors.New("it does not build")
	// ErrManifest says that a program does not say what plugin it is.
	ErrManifest = errors.New(`the program gives no manifest when it is started with the argument "manifest"`)
	// ErrPlatform says that a plugin cannot be made, or does not run, for a platform.
	ErrPlatform = errors.New("not for this platform")
)

// form is what there is at the path.
type form int

const (
	goSources form = iota
	described      // a folder with plugin.json
	program
)

// Project is a plugin as its author has it.
type Project struct {
	form form
	path string // absolute
	// main is the Go package to build, "." or "./cmd".
	main string
}

// Open looks at what there is at the path.
func Open(path string) (*Project, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find plugin: %w", err)
	}
	info, err := os.Stat(absolute)
	if err != nil {
		return nil, fmt.Errorf("find plugin: %w", err)
	}
	if !info.IsDir() {
		if info.Mode().Perm()&0o111 == 0 && runtime.GOOS != "windows" {
			return nil, fmt.Errorf("%w: %s is not executable", ErrNoPlugin, path)
		}
		return &Project{form: program, path: absolute}, nil
	}
	for _, main := range []string{".", "./cmd"} {
		if isProgram(filepath.Join(absolute, main)) {
			return &Project{form: goSources, path: absolute, main: main}, nil
		}
	}
	if _, err := os.Stat(filepath.Join(absolute, manifest.FileName)); err == nil {
		return &Project{form: described, path: absolute}, nil
	}
	return nil, fmt.Errorf("%w: %s", ErrNoPlugin, path)
}

// isProgram tells whether the folder holds a Go package main.
func isProgram(folder string) bool {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return false
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly)
		return err == nil && parsed.Name.Name == "main"
	}
	return false
}

// Source is the folder whose files make the plugin what it is; for a program
// the folder it lies in.
func (p *Project) Source() string {
	if p.form == program {
		return filepath.Dir(p.path)
	}
	return p.path
}

// Runnable is a plugin that can be started on this machine.
type Runnable struct {
	Manifest *manifest.Manifest
	// Folder holds plugin.json and what it names.
	Folder string
	// Command is the program and its arguments; the program's path is absolute.
	Command []string
	// Interpreter is the name of the runtime that the command begins with; empty
	// for a native program.
	Interpreter string
}

// Prepare makes the plugin runnable on this machine. What has to be made for
// it is put into the folder scratch, which must exist.
func (p *Project) Prepare(ctx context.Context, scratch string) (*Runnable, error) {
	folder := p.path
	if p.form != described {
		folder = scratch
		if err := p.Stage(ctx, folder, archive.Platform()); err != nil {
			return nil, err
		}
	}
	m, err := ReadManifest(folder)
	if err != nil {
		return nil, err
	}
	executable, err := executableOf(m, archive.Platform())
	if err != nil {
		return nil, err
	}
	command, err := commandOf(executable, folder)
	if err != nil {
		return nil, err
	}
	return &Runnable{Manifest: m, Folder: folder, Command: command, Interpreter: executable.Interpreter}, nil
}

// ReadManifest reads the plugin.json of a folder.
func ReadManifest(folder string) (*manifest.Manifest, error) {
	text, err := os.ReadFile(filepath.Join(folder, manifest.FileName))
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	return manifest.Decode(text)
}
