package project

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// Stage lays out in an empty folder what a package for the platform holds:
// plugin.json, the executable, and what else belongs to it.
func (p *Project) Stage(ctx context.Context, folder, platform string) error {
	switch p.form {
	case goSources:
		return p.stageGo(ctx, folder, platform)
	case program:
		return p.stageProgram(ctx, folder, platform)
	default:
		return p.stageFolder(folder, platform)
	}
}

// Platforms returns what packages there are to make when nobody says for what:
// one for this machine, or one for all.
func (p *Project) Platforms() ([]string, error) {
	if p.form != described {
		return []string{archive.Platform()}, nil
	}
	m, err := ReadManifest(p.path)
	if err != nil {
		return nil, err
	}
	if _, ok := m.Exec[anyPlatform]; ok {
		return []string{anyPlatform}, nil
	}
	return []string{archive.Platform()}, nil
}

func (p *Project) stageGo(ctx context.Context, folder, platform string) error {
	built := filepath.Join(folder, "bin", "plugin")
	if err := p.goBuild(ctx, built, platform); err != nil {
		return err
	}
	asked := built
	if platform != archive.Platform() {
		// Only what runs here can be asked what it is.
		asked = filepath.Join(folder, "asked")
		if err := p.goBuild(ctx, asked, archive.Platform()); err != nil {
			return err
		}
		defer os.Remove(asked)
	}
	m, err := ask(ctx, asked)
	if err != nil {
		return err
	}
	return p.settle(folder, platform, built, m)
}

func (p *Project) stageProgram(ctx context.Context, folder, platform string) error {
	if platform != archive.Platform() {
		return fmt.Errorf("%w: a program is for the machine it was built for; give the folder of its sources", ErrPlatform)
	}
	m, err := ask(ctx, p.path)
	if err != nil {
		return err
	}
	copied := filepath.Join(folder, "bin", "plugin")
	if err := copyFile(p.path, copied, 0o755); err != nil {
		return err
	}
	return p.settle(folder, platform, copied, m)
}

// settle names the built program after the plugin and writes the manifest that names it.
func (p *Project) settle(folder, platform, built string, m *manifest.Manifest) error {
	_, name, _ := strings.Cut(m.ID, ".")
	if strings.HasPrefix(platform, "windows-") {
		name += ".exe"
	}
	if err := os.Rename(built, filepath.Join(folder, "bin", name)); err != nil {
		return fmt.Errorf("name program: %w", err)
	}
	sum, err := sumOf(filepath.Join(folder, "bin", name))
	if err != nil {
		return err
	}
	m.Exec = map[string]manifest.Executable{platform: {Path: "bin/" + name, SHA256: sum}}
	text, err := m.Encode()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, manifest.FileName), text, 0o644); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return p.addTexts(folder, m.Icon)
}

// addTexts adds what people see of a plugin: README.md and LICENSE, if there
// are any, and the icon that the manifest names.
func (p *Project) addTexts(folder, icon string) error {
	if p.form == program {
		return nil // it stands alone
	}
	for _, name := range []string{"README.md", "LICENSE"} {
		err := copyFile(filepath.Join(p.path, name), filepath.Join(folder, name), 0o644)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if icon == "" {
		return nil
	}
	return copyFile(filepath.Join(p.path, icon), filepath.Join(folder, icon), 0o644)
}

// stageFolder copies the folder of a plugin that needs no building.
func (p *Project) stageFolder(folder, platform string) error {
	m, err := ReadManifest(p.path)
	if err != nil {
		return err
	}
	if _, ok := m.Exec[platform]; !ok {
		return fmt.Errorf("%w: %s has no executable for %s", ErrPlatform, m.ID, platform)
	}
	return filepath.WalkDir(p.path, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == p.path:
			return nil
		case leftOut(entry.Name()) && entry.IsDir():
			return fs.SkipDir
		case leftOut(entry.Name()) || entry.IsDir():
			return nil
		}
		name, err := filepath.Rel(p.path, path)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return copyFile(path, filepath.Join(folder, name), info.Mode().Perm())
	})
}

// leftOut tells what is never part of a package: hidden files, what tools leave
// behind, and other packages. Checksums are made anew.
func leftOut(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, archive.Extension) ||
		slices.Contains([]string{"__pycache__", archive.ChecksumsName, archive.SignatureName}, name)
}

func copyFile(from, to string, mode fs.FileMode) error {
	source, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	defer source.Close()
	if info, err := source.Stat(); err != nil || !info.Mode().IsRegular() {
		return fmt.Errorf("copy %s: %w", from, errors.Join(err, archive.ErrKind))
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	_, err = io.Copy(target, source)
	if err := errors.Join(err, target.Close()); err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return nil
}

func sumOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("hash program: %w", err)
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", fmt.Errorf("hash program: %w", err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
