package approval

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/trust"
)

// reservedPrefix begins the ids that only the project may use.
const reservedPrefix = "pulse."

// Host is what a plugin has to be compatible with.
type Host struct {
	// Version is the hub's semantic version. A development build has none that
	// says anything: empty satisfies every manifest.
	Version string
	// Protocol is the version of the plugin protocol that the hub speaks.
	Protocol uint32
	// Platform is "linux-amd64" and the like.
	Platform string
	// Runtimes are the interpreters that the operator allows: "node".
	Runtimes []string
}

// problem says why a package cannot be approved here, in words for the
// administrator; empty if it can.
func (h Host) problem(content *archive.Content, verdict trust.Verdict) string {
	m := content.Manifest
	executable, _, found := content.Executable(h.Platform)
	switch {
	case verdict.State == trust.Bad:
		return "its signature is bad"
	case strings.HasPrefix(m.ID, reservedPrefix) && !verdict.Project:
		return "ids that begin with " + reservedPrefix + " are for packages signed by the project"
	case m.Protocol.Min > h.Protocol || m.Protocol.Max < h.Protocol:
		return fmt.Sprintf("it speaks protocol %d to %d, and the hub speaks %d", m.Protocol.Min, m.Protocol.Max, h.Protocol)
	case h.Version != "" && !m.Allows(h.Version):
		return "it needs a hub of version " + m.Pulse
	case !found:
		return "it has no executable for " + h.Platform
	case executable.Interpreter != "" && !slices.Contains(h.Runtimes, executable.Interpreter):
		return "it needs the runtime " + executable.Interpreter + ", which the operator has not allowed"
	}
	return ""
}
