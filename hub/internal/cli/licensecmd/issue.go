package licensecmd

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/spf13/cobra"

	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
	"github.com/pulse-hub/pulse/hub/internal/license"
)

// wanted is the flags of a license.
type wanted struct {
	key, id, email, tier, expires string
	features                      []string
	maxNodes, maxGuests           int
}

func issueCommand(options Options) *cobra.Command {
	command := &cobra.Command{
		Use: "issue", Short: "Make a license key", Args: usage.Args,
		Example: "  pulse license issue --key license.key --email owner@example.com --tier pro_annual --expires 365d\n" +
			"  pulse license issue --key license.key --email owner@example.com --tier lifetime --expires never",
	}
	w := &wanted{}
	flags := command.Flags()
	flags.StringVar(&w.key, "key", "", "file with the private key")
	flags.StringVar(&w.email, "email", "", "whose license it is")
	flags.StringVar(&w.tier, "tier", "", "pro, pro_annual, lifetime, msp or enterprise; another one has only the features that are named")
	flags.StringVar(&w.expires, "expires", "", "when it ends: a date (UTC), RFC 3339, in how many days as 365d, or never")
	flags.StringVar(&w.id, "id", "", "id of the license; a new one if not given")
	flags.StringSliceVar(&w.features, "feature", nil, "a feature besides those of the tier; may be given several times")
	flags.IntVar(&w.maxNodes, "max-nodes", 0, "how many nodes it is for; 0: any number")
	flags.IntVar(&w.maxGuests, "max-guests", 0, "how many guests it is for; 0: any number")
	command.RunE = func(*cobra.Command, []string) error {
		claims, err := w.claims(options.Now())
		if err != nil {
			return err
		}
		private, err := readKey(w.key)
		if err != nil {
			return err
		}
		key, err := license.Issue(private, claims)
		if err != nil {
			return fmt.Errorf("make license: %w", err)
		}
		_, err = fmt.Fprintln(options.Terminal.Out, key)
		return err
	}
	return command
}

func (w *wanted) claims(now time.Time) (license.Claims, error) {
	for _, flag := range [][2]string{{"key", w.key}, {"email", w.email}, {"tier", w.tier}, {"expires", w.expires}} {
		if flag[1] == "" {
			return license.Claims{}, usage.Errorf("--%s is missing", flag[0])
		}
	}
	expires, err := parseEnd(w.expires, now)
	if err != nil {
		return license.Claims{}, err
	}
	claims := license.Claims{
		ID: w.id, Email: w.email, Tier: license.Tier(w.tier), Issued: now.Unix(), Expires: expires,
		MaxNodes: w.maxNodes, MaxGuests: w.maxGuests,
	}
	if claims.ID == "" {
		claims.ID = ulid.Make().String()
	}
	for _, feature := range w.features {
		claims.Features = append(claims.Features, license.Feature(feature))
	}
	return claims, nil
}

// parseEnd returns when a license ends, in Unix seconds; 0: never.
func parseEnd(text string, now time.Time) (int64, error) {
	if text == "never" {
		return 0, nil
	}
	if number, found := strings.CutSuffix(text, "d"); found {
		if days, err := strconv.Atoi(number); err == nil && days > 0 {
			return now.AddDate(0, 0, days).Unix(), nil
		}
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.Unix(), nil
		}
	}
	return 0, usage.Errorf("%.40q is no end of a license; write 2027-05-04, 2027-05-04T03:02:01Z, 365d or never", text)
}
