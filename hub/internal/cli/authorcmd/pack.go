package authorcmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/project"
	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/trust"
)

// passwordVariable is where the password of a key is taken from when nobody can be asked.
const passwordVariable = "PULSE_KEY_PASSWORD"

func packCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "pack DIR|BINARY", Short: "Make a package to hand out", Args: usage.Args, ValidArgsFunction: completeFiles,
		Long: "Builds the plugin and writes <id>_<version>_<os>_<arch>.pulseplugin, for this machine or for each platform named.\n" +
			"The same sources, key and version of Go give the same package. A key with a password asks for it, or takes " + passwordVariable + ".",
		Example: "  pulse plugin pack . --key minisign.key --platform linux-amd64,linux-arm64 --out dist",
	}
	platforms := command.Flags().StringSlice("platform", nil, "platforms to build for, such as linux-amd64 (default: this machine's)")
	key := command.Flags().String("key", "", "minisign secret key to sign with; see: pulse plugin keygen")
	out := command.Flags().String("out", ".", "folder to write to, or a file name ending in "+archive.Extension)
	command.RunE = func(command *cobra.Command, args []string) error {
		if filepath.Ext(*out) == archive.Extension && len(*platforms) > 1 {
			return usage.Errorf("--out must be a folder for more than one platform")
		}
		plugin, err := project.Open(args[0])
		if err != nil {
			return err
		}
		signer, err := readSigner(command.Context(), options, *key)
		if err != nil {
			return err
		}
		if len(*platforms) == 0 {
			if *platforms, err = plugin.Platforms(); err != nil {
				return err
			}
		}
		for _, platform := range *platforms {
			if err := packFor(command.Context(), options.Terminal, plugin, target{platform, *out, signer}); err != nil {
				return err
			}
		}
		return nil
	}
	return command
}

// target is one package to make.
type target struct {
	platform, out string
	signer        archive.Signer
}

func packFor(ctx context.Context, out *terminal.Terminal, plugin *project.Project, to target) error {
	folder, name := to.out, ""
	if filepath.Ext(to.out) == archive.Extension {
		folder, name = filepath.Dir(to.out), filepath.Base(to.out)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	// Under another name until it is complete: nobody shall take half a package for one.
	file, err := os.CreateTemp(folder, ".pack-*")
	if err != nil {
		return fmt.Errorf("make package: %w", err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	content, err := plugin.Pack(ctx, file, to.platform, to.signer)
	if err != nil {
		return fmt.Errorf("pack for %s: %w", to.platform, err)
	}
	if err := errors.Join(file.Chmod(0o644), file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("write package: %w", err)
	}
	if name == "" {
		name = archive.FileName(content.Manifest, to.platform)
	}
	if err := os.Rename(file.Name(), filepath.Join(folder, name)); err != nil {
		return fmt.Errorf("name package: %w", err)
	}
	signed := "not signed"
	if content.Signature != nil {
		signed = "signed"
	}
	_, err = fmt.Fprintf(out.Out, "%s (%s)\nsha256 %s\n", filepath.Join(folder, name), signed, content.Digest)
	return err
}

// readSigner reads a secret key. Without a path there is none.
func readSigner(ctx context.Context, options Options, path string) (archive.Signer, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	password, given := options.LookupEnv(passwordVariable)
	key, err := trust.ParseSigningKey(text, password)
	if errors.Is(err, trust.ErrPassword) && !given {
		password, asked := options.Terminal.Secret(ctx, "password of the key")
		if asked != nil {
			return nil, fmt.Errorf("the key has a password: %w; set %s", asked, passwordVariable)
		}
		key, err = trust.ParseSigningKey(text, password)
	}
	if err != nil {
		return nil, fmt.Errorf("read key: %w", err)
	}
	return key, nil
}
