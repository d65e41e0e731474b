package accesscmd

import (
	"context"
	"errors"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
)

func userCommand(options Options) *cobra.Command {
	command := usage.Group(&cobra.Command{Use: "user", Short: "People who may sign in"})
	command.AddCommand(
		listUsers(options), addUser(options), setPassword(options), setRole(options),
		ableUser(options, "disable NAME", "Let somebody sign in no longer", true),
		ableUser(options, "enable NAME", "Let somebody sign in again", false),
		removeUser(options),
	)
	return command
}

func listUsers(options Options) *cobra.Command {
	command := &cobra.Command{Use: "list", Aliases: []string{"ls"}, Short: "List everybody who may sign in", Args: usage.Args}
	return options.act(command, func(ctx context.Context, hub *client.Client, _ []string) error {
		users, err := hub.Users(ctx)
		if err != nil {
			return err
		}
		rows := make([][]string, 0, len(users))
		for _, one := range users {
			state, factor := "enabled", ""
			if one.Disabled {
				state = "disabled"
			}
			if one.SecondFactor {
				factor = "yes"
			}
			rows = append(rows, []string{one.Name, one.Role, state, one.Origin, factor, strconv.Itoa(one.Passkeys), options.moment(one.LastSignInAt)})
		}
		return options.Terminal.Table([]string{"NAME", "ROLE", "STATE", "ORIGIN", "SECOND FACTOR", "PASSKEYS", "LAST SIGN-IN"}, rows)
	})
}

func addUser(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "add NAME", Short: "Let somebody sign in", Args: usage.Args,
		Long:    "The password is asked for, or read from the standard input.",
		Example: "  pulse user add anna --role operator",
	}
	wanted := client.NewUser{}
	flags := command.Flags()
	flags.StringVar(&wanted.Role, "role", "viewer", "what they may do: viewer, operator, admin, or a role of your own")
	flags.StringVar(&wanted.DisplayName, "display-name", "", "how they are called")
	flags.StringVar(&wanted.Email, "email", "", "their mail address")
	return options.act(command, func(ctx context.Context, hub *client.Client, args []string) (err error) {
		wanted.Name = args[0]
		if wanted.Password, err = options.password(ctx); err != nil {
			return err
		}
		added, err := hub.AddUser(ctx, wanted)
		if err != nil {
			return err
		}
		return options.say("%s may sign in, as %s.", added.Name, added.Role)
	})
}

func setPassword(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "password NAME", Short: "Give somebody another password", Args: usage.Args,
		Long: "The password is asked for, or read from the standard input. Every session of the user ends.",
	}
	return options.act(command, func(ctx context.Context, hub *client.Client, args []string) error {
		password, err := options.password(ctx)
		if err != nil {
			return err
		}
		if err := hub.SetPassword(ctx, args[0], password); err != nil {
			return err
		}
		return options.say("%s has another password, and has to sign in again.", args[0])
	})
}

func setRole(options Options) *cobra.Command {
	command := &cobra.Command{Use: "role NAME ROLE", Short: "Say what somebody may do", Args: usage.Args, Example: "  pulse user role anna admin"}
	return options.act(command, func(ctx context.Context, hub *client.Client, args []string) error {
		changed, err := hub.ChangeUser(ctx, args[0], client.UserChange{Role: &args[1]})
		if err != nil {
			return err
		}
		return options.say("%s is %s.", changed.Name, changed.Role)
	})
}

func ableUser(options Options, use, short string, disabled bool) *cobra.Command {
	command := &cobra.Command{Use: use, Short: short, Args: usage.Args}
	return options.act(command, func(ctx context.Context, hub *client.Client, args []string) error {
		changed, err := hub.ChangeUser(ctx, args[0], client.UserChange{Disabled: &disabled})
		if err != nil {
			return err
		}
		if changed.Disabled {
			return options.say("%s can sign in no longer.", changed.Name)
		}
		return options.say("%s can sign in again.", changed.Name)
	})
}

func removeUser(options Options) *cobra.Command {
	command := &cobra.Command{Use: "remove NAME", Aliases: []string{"rm"}, Short: "Remove a user with all they sign in with", Args: usage.Args}
	yes := false
	command.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return options.act(command, func(ctx context.Context, hub *client.Client, args []string) error {
		if !yes {
			sure, err := options.Terminal.Confirm(ctx, "Remove the user "+terminal.Clean(args[0])+"?")
			if errors.Is(err, terminal.ErrNobody) {
				return usage.Errorf("nobody is there to ask; --yes removes the user without asking")
			}
			if err != nil || !sure {
				return err
			}
		}
		if err := hub.RemoveUser(ctx, args[0]); err != nil {
			return err
		}
		return options.say("%s is removed.", args[0])
	})
}
