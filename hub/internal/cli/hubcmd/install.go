package hubcmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/project"
	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
)

func installCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "install FILE|DIR", Short: "Hand a plugin to the hub", Args: usage.Args,
		Long: "Hands a .pulseplugin file to the hub, or packs a folder or program and hands that to the hub.\n" +
			"It does not run before it is approved: pulse plugin approve.",
		Example: "  pulse plugin install acme.truenas_1.2.0_linux_amd64.pulseplugin --sha256 4f1c…\n  pulse plugin install .",
	}
	hub := newConnection(options, command)
	expected := command.Flags().String("sha256", "", "refuse a package whose content is not this")
	command.RunE = func(command *cobra.Command, args []string) error {
		if *expected != "" && !archive.Digest(*expected).Valid() {
			return usage.Errorf("--sha256 must have 64 hexadecimal digits in lower case")
		}
		return hub.with(func(hub *client.Client) error {
			installed, err := install(command.Context(), hub, args[0], archive.Digest(*expected))
			if err != nil {
				return err
			}
			fmt.Fprintf(options.Terminal.Out, "The hub has %s %s.\nsha256 %s\n",
				installed.ID, terminal.Clean(installed.Version), installed.SHA256)
			plugin, err := awaitOffer(command.Context(), hub, installed)
			if err != nil {
				return err
			}
			if plugin.SHA256 == installed.SHA256 {
				fmt.Fprintf(options.Terminal.Out, "It is approved and %s.\n", terminal.Clean(plugin.State))
				return nil
			}
			fmt.Fprintf(options.Terminal.Out, "To let it run: pulse plugin approve %s --sha256 %s\n", installed.ID, installed.SHA256)
			return nil
		})
	}
	return command
}

const (
	// offerLimit is how long a hub may take to notice what lies in its inbox.
	offerLimit = 30 * time.Second
	offerPoll  = 500 * time.Millisecond
)

var errOfferTimeout = errors.New("the hub does not offer the package in time; see: pulse plugin ls")

// awaitOffer waits until the hub offers the package, or has approved it by
// itself because it trusts the signature.
func awaitOffer(ctx context.Context, hub *client.Client, installed client.Installed) (client.Plugin, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, offerLimit, errOfferTimeout)
	defer cancel()
	again := time.NewTicker(offerPoll)
	defer again.Stop()
	for {
		plugin, err := hub.Plugin(ctx, installed.ID)
		if err != nil && !client.IsNotFound(err) {
			return plugin, err
		}
		offered := func(offer client.Offer) bool { return offer.SHA256 == installed.SHA256 }
		if err == nil && (plugin.SHA256 == installed.SHA256 || slices.ContainsFunc(plugin.Offers, offered)) {
			return plugin, nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return plugin, context.Cause(ctx)
		}
	}
}

func install(ctx context.Context, hub *client.Client, path string, expected archive.Digest) (client.Installed, error) {
	folder, err := os.MkdirTemp("", "pulse-install-")
	if err != nil {
		return client.Installed{}, fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(folder)
	if !strings.HasSuffix(path, archive.Extension) {
		if path, err = pack(ctx, path, folder); err != nil {
			return client.Installed{}, err
		}
	}
	if err := checkDigest(ctx, path, expected); err != nil {
		return client.Installed{}, err
	}
	file, err := os.Open(path)
	if err != nil {
		return client.Installed{}, fmt.Errorf("open package: %w", err)
	}
	defer file.Close()
	installed, err := hub.Install(ctx, filepath.Base(path), file)
	if err == nil && expected != "" && installed.SHA256 != string(expected) {
		return installed, fmt.Errorf("%w: what the hub got has sha256 %s; do not approve it", errDigest, installed.SHA256)
	}
	return installed, err
}

// pack makes a package of a folder or program in the folder.
func pack(ctx context.Context, path, folder string) (string, error) {
	plugin, err := project.Open(path)
	if err != nil {
		return "", err
	}
	platforms, err := plugin.Platforms()
	if err != nil {
		return "", err
	}
	out, err := os.CreateTemp(folder, "")
	if err != nil {
		return "", fmt.Errorf("make package: %w", err)
	}
	defer out.Close()
	content, err := plugin.Pack(ctx, out, platforms[0], nil)
	if err != nil {
		return "", err
	}
	if err := out.Close(); err != nil {
		return "", fmt.Errorf("write package: %w", err)
	}
	named := filepath.Join(folder, archive.FileName(content.Manifest, platforms[0]))
	return named, os.Rename(out.Name(), named)
}

// checkDigest reads a package and holds it against the digest, if there is one.
func checkDigest(ctx context.Context, path string, expected archive.Digest) error {
	if expected == "" {
		return nil
	}
	content, err := project.ReadPackage(ctx, path)
	if err != nil {
		return err
	}
	if content.Digest != expected {
		return fmt.Errorf("%w: it has sha256 %s", errDigest, content.Digest)
	}
	return nil
}
