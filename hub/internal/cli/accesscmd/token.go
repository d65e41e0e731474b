package accesscmd

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
)

func tokenCommand(options Options) *cobra.Command {
	command := usage.Group(&cobra.Command{Use: "token", Short: "API tokens, for programs and agents"})
	command.AddCommand(listTokens(options), createToken(options), revokeToken(options))
	return command
}

func listTokens(options Options) *cobra.Command {
	command := &cobra.Command{Use: "list", Aliases: []string{"ls"}, Short: "List the API tokens, the newest first", Args: usage.Args}
	return options.act(command, func(ctx context.Context, hub *client.Client, _ []string) error {
		tokens, err := hub.Tokens(ctx)
		if err != nil {
			return err
		}
		rows := make([][]string, 0, len(tokens))
		for _, one := range tokens {
			hint := ""
			if one.Prefix != "" {
				hint = one.Prefix + "..." + one.Suffix
			}
			rows = append(rows, []string{
				one.ID, one.Name, hint, strings.Join(one.Scopes, ","), one.Owner,
				options.moment(&one.CreatedAt), options.moment(one.LastUsedAt), options.moment(one.ExpiresAt),
			})
		}
		return options.Terminal.Table([]string{"ID", "NAME", "TOKEN", "SCOPES", "OWNER", "MADE", "LAST USED", "EXPIRES"}, rows)
	})
}

func createToken(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "create NAME", Aliases: []string{"add"}, Short: "Make an API token", Args: usage.Args,
		Long:    "The token is written to the standard output, this once. Without --scope it is for everything.",
		Example: "  pulse token create backup-script --scope monitoring:read --expires 2160h",
	}
	var scopes []string
	var expires time.Duration
	command.Flags().StringSliceVar(&scopes, "scope", nil, "what it allows, as monitoring:read; may be given several times")
	command.Flags().DurationVar(&expires, "expires", 0, "after how long it is void, as 720h; never, if it is not given")
	return options.act(command, func(ctx context.Context, hub *client.Client, args []string) error {
		wanted := client.NewToken{Name: args[0], Scopes: scopes}
		if expires < 0 {
			return usage.Errorf("--expires must not be negative")
		}
		if expires > 0 {
			at := options.Now().Add(expires).UTC()
			wanted.ExpiresAt = &at
		}
		made, err := hub.CreateToken(ctx, wanted)
		if err != nil {
			return err
		}
		// The token alone goes to the standard output, so that it can be handed on.
		fmt.Fprintf(options.Terminal.Err, "This token is shown this once; %s revokes it.\n", "pulse token revoke "+made.Record.ID)
		return options.say("%s", made.Token)
	})
}

func revokeToken(options Options) *cobra.Command {
	command := &cobra.Command{Use: "revoke ID", Aliases: []string{"rm"}, Short: "Make an API token void", Args: usage.Args}
	return options.act(command, func(ctx context.Context, hub *client.Client, args []string) error {
		if err := hub.RevokeToken(ctx, args[0]); err != nil {
			return err
		}
		return options.say("The token %s is void.", args[0])
	})
}
