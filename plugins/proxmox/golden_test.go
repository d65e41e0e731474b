package proxmox

import (
	"flag"
	"slices"
	"strings"
	"testing"

	"maps"

	"github.com/pulse-hub/pulse/plugins/internal/goldentest"
)

var update = flag.Bool("update", false, "rewrite the golden files and the generated parts of README.md")

// TestGolden compares everything that is seen of the synthetic systems with
// files that were reviewed against the answers.
func TestGolden(t *testing.T) {
	for _, name := range []string{"lab3-pve8", "solo-pve9"} {
		t.Run(name, func(t *testing.T) {
			l := watch(t, load(t, name))
			seen := l.collectAll(t)
			var text strings.Builder
			for _, dataset := range slices.Sorted(maps.Keys(seen)) {
				text.WriteString("== " + dataset + "\n")
				text.WriteString(goldentest.Text(seen[dataset]))
			}
			got := text.String()
			if _, port, ok := strings.Cut(strings.TrimPrefix(l.URL(""), "https://"), ":"); ok {
				got = strings.ReplaceAll(got, ":"+port, ":8006")
			}
			goldentest.Check(t, name+".txt", got, *update)
		})
	}
}
