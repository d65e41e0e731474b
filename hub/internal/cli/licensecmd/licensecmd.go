// Package licensecmd is the commands that make license keys and look into them. None of them needs a hub.
package licensecmd

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
)

// Options are what the commands need.
type Options struct {
	Terminal  *terminal.Terminal
	LookupEnv func(string) (string, bool)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

const (
	// publicKeyVariable is the variable that the hub takes its public key from.
	publicKeyVariable = "PULSE_LICENSE_PUBLIC_KEY"
	// pemType is that of a PKCS #8 private key (RFC 5958), which other programs read, too.
	pemType = "PRIVATE KEY"
	// maxKeyFile is the most that is read of a key file, in bytes.
	maxKeyFile = 16 << 10
)

// errPrivateKey says that a file holds no private key for licenses.
var errPrivateKey = errors.New("not an Ed25519 private key in PEM; pulse license keygen makes one")

// Command returns the command with those beneath it.
func Command(options Options) *cobra.Command {
	if options.Now == nil {
		options.Now = time.Now
	}
	command := usage.Group(&cobra.Command{
		Use: "license", Short: "Make license keys and look into them",
		Long: "For those who give out licenses of their own build. A hub takes the public key from " + publicKeyVariable + ".",
	})
	command.AddCommand(keygenCommand(options), issueCommand(options), inspectCommand(options))
	return command
}

func keygenCommand(options Options) *cobra.Command {
	return &cobra.Command{
		Use: "keygen FILE", Short: "Make a private key, and print the public one", Args: usage.Args,
		Long:    "The file is for its owner alone: whoever has it can make licenses. A file that is there is not replaced.",
		Example: "  pulse license keygen license.key",
		RunE: func(_ *cobra.Command, args []string) error {
			public, private, err := ed25519.GenerateKey(rand.Reader)
			if err != nil {
				return fmt.Errorf("make key: %w", err)
			}
			if err := writeKey(args[0], private); err != nil {
				return err
			}
			_, err = fmt.Fprintln(options.Terminal.Out, base64.StdEncoding.EncodeToString(public))
			return err
		},
	}
}

// writeKey writes a new file with a private key, and leaves none that is not whole.
func writeKey(path string, private ed25519.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fmt.Errorf("encode key: %w", err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("create key file: %w", err)
	}
	err = pem.Encode(file, &pem.Block{Type: pemType, Bytes: der})
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(fmt.Errorf("write key file: %w", err), os.Remove(path))
	}
	return nil
}

func readKey(path string) (ed25519.PrivateKey, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open key file: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFile))
	if err != nil {
		return nil, fmt.Errorf("read key file: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemType {
		return nil, errPrivateKey
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errPrivateKey // the decoder's own text could quote the key
	}
	private, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, errPrivateKey
	}
	return private, nil
}
