package usage

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestArgsFollowTheUsageLine(t *testing.T) {
	for use, counts := range map[string][2]int{"ls": {0, 0}, "info ID": {1, 1}, "call DIR|BINARY METHOD [JSON]": {2, 3}} {
		for n := range 5 {
			err := Args(&cobra.Command{Use: use}, make([]string, n))
			if fits := n >= counts[0] && n <= counts[1]; fits != (err == nil) {
				t.Errorf("%s with %d arguments: got %v", use, n, err)
			}
			if err != nil && !Is(fmt.Errorf("wrapped: %w", err)) {
				t.Errorf("%v is not one of usage", err)
			}
		}
	}
}

func TestGroupKnowsItsCommands(t *testing.T) {
	group := Group(&cobra.Command{Use: "plugin"})
	group.AddCommand(&cobra.Command{Use: "install", Run: func(*cobra.Command, []string) {}})
	err := group.Args(group, []string{"instal"})
	if !Is(err) || !strings.Contains(err.Error(), "did you mean install") {
		t.Errorf("got %v", err)
	}
}
