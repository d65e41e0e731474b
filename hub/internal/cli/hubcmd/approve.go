package hubcmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/terminal"
	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
)

var (
	errDigest    = errors.New("it is not the expected content")
	errNoOffer   = errors.New("there is nothing to approve")
	errManyOffer = errors.New("there is more than one to approve; choose with --sha256")
	errDeclined  = errors.New("not approved")
)

func approveCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "approve ID", Short: "Let exactly this content of a plugin run", Args: usage.Args,
		Long: "Shows who made the plugin, what it wants and which content it is, and asks whether it may run.\n" +
			"A checksum and a signature prove what it is and whose it is, not that it is harmless.",
		Example: "  pulse plugin approve acme.truenas\n  pulse plugin approve acme.truenas --sha256 4f1c… --grant network --grant host=kv --yes",
	}
	hub := newConnection(options, command)
	command.ValidArgsFunction = hub.completePlugins
	var choice approval
	command.Flags().StringVar(&choice.sha256, "sha256", "", "the content to approve, if there is more than one")
	command.Flags().StringSliceVar(&choice.grant, "grant", []string{"all"},
		"what to allow of what it wants: all, none, network, host, exec, read, or one need like network=tcp:443")
	command.Flags().BoolVarP(&choice.yes, "yes", "y", false, "do not ask")
	command.RunE = func(command *cobra.Command, args []string) error {
		return hub.with(func(hub *client.Client) error {
			return choice.perform(command.Context(), hub, options.Terminal, args[0])
		})
	}
	return command
}

// approval is what the flags say.
type approval struct {
	sha256 string
	grant  []string
	yes    bool
}

func (a *approval) perform(ctx context.Context, hub *client.Client, out *terminal.Terminal, id string) error {
	plugin, err := hub.Plugin(ctx, id)
	if err != nil {
		return err
	}
	offer, err := choose(plugin.Offers, a.sha256)
	if err != nil {
		return err
	}
	granted, err := grantOf(offer.Wants, a.grant)
	if err != nil {
		return err
	}
	running := ""
	if plugin.Trust != "" {
		running = plugin.Version
	}
	err = out.Fields(
		[2]string{"Plugin", plugin.ID}, [2]string{"Name", plugin.Name}, [2]string{"Version", offer.Version},
		[2]string{"Runs now", running}, [2]string{"Signature", offer.Signature}, [2]string{"Publisher", offer.Publisher},
		[2]string{"SHA-256", offer.SHA256}, [2]string{"Wants to", orNothing(describeNeeds(offer.Wants))},
		[2]string{"Will be allowed to", orNothing(describeNeeds(granted))},
	)
	if err != nil {
		return err
	}
	if !a.yes {
		agreed, err := out.Confirm(ctx, "May it run?")
		if errors.Is(err, terminal.ErrNobody) {
			return usage.Errorf("%w; with --yes nobody is asked", err)
		}
		if err != nil {
			return err
		}
		if !agreed {
			return errDeclined
		}
	}
	if err := hub.Approve(ctx, id, client.Approval{SHA256: offer.SHA256, Needs: granted}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out.Out, "%s %s is approved.\n", plugin.ID, offer.Version)
	return err
}

func orNothing(list []string) string {
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, "; ")
}

// choose returns the offer of that digest, or the only one that can be approved.
func choose(offers []client.Offer, sha256 string) (client.Offer, error) {
	var usable []client.Offer
	problem := ""
	for _, offer := range offers {
		switch {
		case sha256 != "" && offer.SHA256 != sha256:
		case offer.Problem != "":
			problem = ": " + terminal.Clean(offer.Problem)
		default:
			usable = append(usable, offer)
		}
	}
	if len(usable) == 0 {
		return client.Offer{}, fmt.Errorf("%w%s", errNoOffer, problem)
	}
	for _, offer := range usable[1:] {
		if offer.SHA256 != usable[0].SHA256 {
			return client.Offer{}, fmt.Errorf("%w: %s", errManyOffer, digests(usable))
		}
	}
	return usable[0], nil
}

func digests(offers []client.Offer) string {
	var list []string
	for _, offer := range offers {
		list = append(list, terminal.Clean(offer.Version)+" "+offer.SHA256)
	}
	return strings.Join(list, ", ")
}
