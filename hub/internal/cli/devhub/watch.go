package devhub

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/cli/project"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// maxFiles bounds how many files of the sources are looked at.
const maxFiles = 20_000

// watch builds the plugin whenever its sources have changed and then not changed any more.
func (s *session) watch(ctx context.Context) error {
	if !s.built {
		<-ctx.Done() // there is nothing to build, and the hub watches the folder itself
		return nil
	}
	before := s.seen
	look := time.NewTicker(s.Look)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
		}
		now, err := fingerprint(s.Project.Source(), s.DataDir)
		if err != nil {
			continue // a file that was there a moment ago; the next look sees what has become of it
		}
		settled := now == before
		before = now
		if !settled || now == s.seen {
			continue
		}
		s.seen = now
		begin := time.Now()
		if err := s.rebuild(ctx); err != nil {
			s.say("The version before goes on running: %v", err)
			continue
		}
		s.say("Built in %.1f s; the hub switches to it.", time.Since(begin).Seconds())
	}
}

// rebuild builds the plugin beside the one that runs and puts it in its place,
// the manifest last. No file of a running plugin is written to.
func (s *session) rebuild(ctx context.Context) error {
	fresh, err := os.MkdirTemp(s.DataDir, "dev-build-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(fresh)
	plugin, err := s.Project.Prepare(ctx, fresh)
	if err != nil {
		return err
	}
	if plugin.Manifest.ID != s.id {
		return errOtherPlugin
	}
	return replace(fresh, s.folder, plugin)
}

func replace(from, to string, plugin *project.Runnable) error {
	program, err := filepath.Rel(from, plugin.Command[0])
	if err != nil {
		return fmt.Errorf("find program: %w", err)
	}
	for _, name := range []string{program, manifest.FileName} {
		if err := os.Rename(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			return fmt.Errorf("replace %s: %w", name, err)
		}
	}
	return nil
}

// fingerprint tells whether the sources may have changed: it is made of names,
// sizes and times. Hidden files, what tools fetch, and the hub's own files are left out.
func fingerprint(folder, dataDir string) (string, error) {
	hash := sha256.New()
	left := maxFiles
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if left--; left < 0 {
			return fs.SkipAll
		}
		name := entry.Name()
		if path != folder && (strings.HasPrefix(name, ".") || name == "node_modules" || path == dataDir) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if entry.IsDir() {
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		fmt.Fprintf(hash, "%q %d %d\n", path, info.Size(), info.ModTime().UnixNano())
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("look at sources: %w", err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
