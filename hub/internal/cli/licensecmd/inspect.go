package licensecmd

import (
	"crypto/ed25519"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
	"github.com/pulse-hub/pulse/hub/internal/license"
)

func inspectCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "inspect [KEY]", Short: "Check the signature of a license key, and say what is in it", Args: usage.Args,
		Long:    "Without a key, it is read from the standard input. One that has expired is shown, too.",
		Example: "  pulse license inspect --public-key 6kpsY+Kcl... < license.txt",
	}
	public := ""
	command.Flags().StringVar(&public, "public-key", "", "public key in base64 ("+publicKeyVariable+")")
	command.RunE = func(_ *cobra.Command, args []string) error {
		key, err := options.publicKey(public)
		if err != nil {
			return err
		}
		text, err := options.licenseKey(args)
		if err != nil {
			return err
		}
		claims, err := license.Parse(text, key)
		if err != nil {
			return err
		}
		return options.show(claims)
	}
	return command
}

func (o Options) publicKey(flag string) (ed25519.PublicKey, error) {
	text := flag
	if text == "" {
		text, _ = o.LookupEnv(publicKeyVariable)
	}
	key, err := license.ParsePublicKey(text)
	if err != nil {
		return nil, &usage.Error{Err: err}
	}
	if key == nil {
		return nil, usage.Errorf("no public key: give --public-key or set %s", publicKeyVariable)
	}
	return key, nil
}

func (o Options) licenseKey(args []string) (string, error) {
	if len(args) > 0 && args[0] != "-" {
		return strings.TrimSpace(args[0]), nil
	}
	text, err := io.ReadAll(io.LimitReader(o.Terminal.In, 2*license.MaxKey))
	if err != nil {
		return "", fmt.Errorf("read license key: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

func (o Options) show(claims license.Claims) error {
	features := make([]string, 0, len(claims.Features))
	for _, feature := range append(claims.Tier.Features(), claims.Features...) {
		features = append(features, string(feature))
	}
	return o.Terminal.Fields(
		[2]string{"License", claims.ID}, [2]string{"Owner", claims.Email}, [2]string{"Tier", string(claims.Tier)},
		[2]string{"Issued", moment(claims.Issued, "")}, [2]string{"Expires", o.end(claims.Expires)},
		[2]string{"Features", strings.Join(features, ", ")},
		[2]string{"Nodes", number(claims.MaxNodes)}, [2]string{"Guests", number(claims.MaxGuests)},
	)
}

// end tells when a license ends, and whether it has.
func (o Options) end(expires int64) string {
	text := moment(expires, "never")
	end := time.Unix(expires, 0)
	switch now := o.Now(); {
	case expires == 0 || now.Before(end):
		return text
	case now.Before(end.Add(license.Grace)):
		return text + " (expired; features stay until " + moment(end.Add(license.Grace).Unix(), "") + ")"
	}
	return text + " (expired)"
}

func moment(at int64, otherwise string) string {
	if at == 0 {
		return otherwise
	}
	return time.Unix(at, 0).UTC().Format(time.RFC3339)
}

func number(n int) string {
	if n == 0 {
		return "any number"
	}
	return strconv.Itoa(n)
}
