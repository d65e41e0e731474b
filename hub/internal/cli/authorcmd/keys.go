package authorcmd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/project"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/trust"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// errSignature says that a package is not signed by a key that was named.
var errSignature = errors.New("the package is not signed by that key")

func keygenCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "keygen FILE", Short: "Make a key to sign packages with", Args: usage.Args,
		Long: "Writes a minisign secret key without a password to FILE, which only its owner may read, and the public key to FILE.pub.\n" +
			"Keys that minisign has made work as well, with a password too.",
		Example: "  pulse plugin keygen ~/.minisign/acme.key",
	}
	command.RunE = func(_ *cobra.Command, args []string) error {
		key, secret, err := trust.GenerateKey()
		if err != nil {
			return err
		}
		if err := writeNew(args[0], secret, 0o600); err != nil {
			return err
		}
		if err := writeNew(args[0]+".pub", key.Public().File(), 0o644); err != nil {
			return errors.Join(err, os.Remove(args[0]))
		}
		_, err = fmt.Fprintf(options.Terminal.Out,
			"%s is the secret key: keep it, and keep it to yourself.\n%s.pub is the public key, for those who shall trust you:\n%s\n",
			args[0], args[0], key.Public())
		return err
	}
	return command
}

// writeNew writes a file that must not be there yet.
func writeNew(path string, content []byte, mode os.FileMode) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	_, err = file.Write(content)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	return nil
}

func verifyCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "verify FILE|DIR", Short: "Check a package and say what it is", Args: usage.Args, ValidArgsFunction: completeFiles,
		Long: "Checks every rule of packages and every checksum, without running anything, and says what the package is and who signed it.\n" +
			"With --pubkey it fails unless that key has signed it.",
	}
	keys := command.Flags().StringArray("pubkey", nil, `public key that must have signed it: "RW…", or a .pub file`)
	command.RunE = func(command *cobra.Command, args []string) error {
		known, err := readKeys(*keys)
		if err != nil {
			return err
		}
		content, err := project.ReadPackage(command.Context(), args[0])
		if err != nil {
			return err
		}
		verdict, err := trust.NewRing(nobody{}, known...).Judge(command.Context(), content.Checksums, content.Signature)
		if err != nil {
			return err
		}
		if err := showContent(options, content, verdict); err != nil {
			return err
		}
		if verdict.State == trust.Bad || len(known) > 0 && verdict.State != trust.Signed {
			return errSignature
		}
		return nil
	}
	return command
}

func showContent(options Options, content *archive.Content, verdict trust.Verdict) error {
	signature := string(verdict.State)
	if verdict.KeyID != "" {
		signature += ", key " + verdict.KeyID
	}
	if verdict.Reason != "" {
		signature += ": " + verdict.Reason
	}
	platforms := slices.Sorted(maps.Keys(content.Manifest.Exec))
	return options.Terminal.Fields(
		[2]string{"Plugin", content.Manifest.ID}, [2]string{"Name", content.Manifest.Name}, [2]string{"Version", content.Manifest.Version},
		[2]string{"Platforms", strings.Join(platforms, ", ")},
		[2]string{"Files", fmt.Sprintf("%d, %d bytes", len(content.Files), content.Bytes)},
		[2]string{"SHA-256", string(content.Digest)}, [2]string{"Signature", signature},
	)
}

func readKeys(given []string) ([]trust.Key, error) {
	var keys []trust.Key
	for _, text := range given {
		if file, err := os.ReadFile(text); err == nil {
			text = string(file)
		}
		key, err := trust.ParseKey(text)
		if err != nil {
			return nil, &usage.Error{Err: fmt.Errorf("--pubkey: %w", err)}
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// nobody is the publishers of a hub that knows none.
type nobody struct{}

func (nobody) View(context.Context, func(store.Reader) error) error { return nil }
func (nobody) Update(context.Context, func(store.Tx) error) error   { return nil }
