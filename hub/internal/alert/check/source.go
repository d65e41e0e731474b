package check

import (
	"fmt"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// The types of sources that stand for one server each: it is the server that cannot be reached.
const (
	typePBS = "pbs"
	typePMG = "pmg"
)

// sourceKey is the key under which a source has alerts.
func sourceKey(id string) string { return "source/" + id }

// raisesUnreachable says whether there is an alert of a source that has failed. The machines of agents, backup servers
// and mail gateways have alerts of their own.
func raisesUnreachable(source *inventory.Source) bool {
	return source.Plugin != "" && source.Type != typePBS && source.Type != typePMG
}

// source looks at a source. It reports false where there is nothing to look at.
func (c *Checker) source(w *World, source *inventory.Source) (alert.Checked, bool) {
	look := checkSource
	switch {
	case raisesUnreachable(source):
	case source.Type == typePBS || source.Type == typePMG:
		look = checkUnseenServer
	default:
		return alert.Checked{}, false
	}
	b := w.bench(&c.memory, &inventory.Entry{
		Resource: &resource.Resource{ID: source.ID, Name: source.Name}, Key: sourceKey(source.ID), Source: source.ID, SeenAt: source.LastSeen,
	})
	b.subject = alert.Subject{Key: b.entry.Key, ID: source.ID, Name: b.instance(), Instance: b.instance()}
	return b.run(func(b *bench) { look(b, source) }), true
}

// checkSource judges whether a source can be reached.
func checkSource(b *bench, source *inventory.Source) {
	b.describe = resourceType("Source")
	s := unreachable(source)
	s.Type, s.AlertID = alert.SourceUnreachable, "source-unreachable-"+source.ID
	if s.Level != "" {
		hidden := b.below(source.ID)
		s.Message = fmt.Sprintf("Source '%s' cannot be reached%s", b.subject.Name, because(source.Message))
		if hidden > 0 {
			s.Message += "; nothing new is known of " + counted(hidden, "resource")
		}
		s.Extra = func() map[string]any {
			return map[string]any{"sourceType": source.Type, "plugin": source.Plugin, "resourceCount": hidden}
		}
	}
	b.unseen = s.Unknown
	b.is(s)
}

// checkUnseenServer judges whether a server can be reached that never was: afterwards its own entry is judged.
func checkUnseenServer(b *bench, source *inventory.Source) {
	if b.places.served[source.ID] {
		return
	}
	b.entry.Kind = resource.KindBackupServer
	if source.Type == typePMG {
		b.entry.Kind = resource.KindMailGateway
	}
	b.identify(b.contractID(), policy.Target{})
	b.subject.Name = b.subject.Instance
	s := unreachable(source)
	b.unseen = s.Unknown
	b.serverOffline(s, source.Message)
}

// unreachable says whether a source has failed. It goes by the clock: there are no observations to count.
func unreachable(source *inventory.Source) state {
	s := state{Confirm: awayConfirm, Delay: awayFor, ByClock: true, Connectivity: true}
	switch source.Health {
	case inventory.HealthFailed:
		s.Level = alert.Critical
	case inventory.HealthStarting, inventory.HealthUnknown:
		s.Unknown = true
	}
	return s
}

// because adds a reason to a sentence, if there is one.
func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

// below counts what a source tells of; what only a log of the past is left out.
func (w *World) below(source string) int {
	n := 0
	for e := range w.OfSource(source) {
		switch e.Kind {
		case resource.KindBackup, resource.KindBackupTask, resource.KindSnapshot:
		default:
			n++
		}
	}
	return n
}
