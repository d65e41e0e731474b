package proxmox

import (
	"context"
	"strings"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/sdk/fault"
)

// agentAnswer is what a guest agent answers: the API puts it into one more object.
type agentAnswer[T any] struct {
	Result T `json:"result"`
}

// agentOS is agent/get-osinfo.
type agentOS struct {
	ID         text `json:"id"`
	Name       text `json:"name"`
	PrettyName text `json:"pretty-name"`
	Version    text `json:"version"`
	VersionID  text `json:"version-id"`
}

// agentInfo is agent/info.
type agentInfo struct {
	Version text `json:"version"`
}

// askAgent asks the guest agent what has become too old. One that fails is
// left alone for a while.
func (s *source) askAgent(ctx context.Context, row *resourceRow, known *guestFacts) {
	now := s.now()
	switch {
	case known.settingsAt.IsZero():
		return // whether there is an agent is not known
	case !known.agent:
		known.diskUnknown, known.filesystems, known.filesystemsAt = unknownDisabled, nil, now
		return
	case now.Before(known.agentRestedUntil) || now.Sub(known.filesystemsAt) < filesystemAge:
		return
	}
	known.filesystemsAt = now
	if err := s.readFilesystems(ctx, row, known); err != nil {
		if isOver(ctx, err) {
			return // it was not the agent that took too long
		}
		known.agentFailed(s, row, err)
		return
	}
	known.agentRest = 0
	if now.Sub(known.addressesAt) >= addressAge {
		s.readAddresses(ctx, row, known)
	}
	if now.Sub(known.systemAt) >= systemAge {
		s.readSystem(ctx, row, known)
	}
}

// agentFailed notes why there are no file systems and gives the agent a rest.
func (f *guestFacts) agentFailed(s *source, row *resourceRow, err error) {
	reason := agentTrouble(err)
	if reason != f.diskUnknown {
		s.log.Debug("guest agent does not answer", "guest_id", row.guestID(), "reason", reason, "error", err)
	}
	f.diskUnknown, f.filesystems, f.interfaces, f.addressesAt = reason, nil, nil, s.now()
	f.agentRest = min(max(2*f.agentRest, firstAgentRest), longestAgentRest)
	f.agentRestedUntil = s.now().Add(f.agentRest)
}

// agentTrouble says in one word why an agent did not answer.
func agentTrouble(err error) string {
	words := strings.ToLower(proxmoxapi.ReasonOf(err))
	switch {
	case isForbidden(err):
		return unknownForbidden
	case fault.Of(err).Code == proxmoxapi.CodeTimeout, strings.Contains(words, "timeout"):
		return unknownTimeout
	case strings.Contains(words, "not running"):
		return unknownNotRunning
	case strings.Contains(words, "no qemu guest agent configured"):
		return unknownDisabled
	}
	return unknownError
}

func (s *source) readFilesystems(ctx context.Context, row *resourceRow, known *guestFacts) error {
	var answer agentAnswer[[]filesystem]
	if err := s.getGuest(ctx, row, &answer, "agent", "get-fsinfo"); err != nil {
		return err
	}
	known.filesystems = realFilesystems(answer.Result)
	switch {
	case len(known.filesystems) > 0:
		known.diskUnknown = ""
	case len(answer.Result) > 0:
		known.diskUnknown = unknownSpecialOnly
	default:
		known.diskUnknown = unknownNone
	}
	return nil
}

func (s *source) readAddresses(ctx context.Context, row *resourceRow, known *guestFacts) {
	known.addressesAt = s.now()
	var answer agentAnswer[[]agentInterface]
	if err := s.getGuest(ctx, row, &answer, "agent", "network-get-interfaces"); err != nil {
		s.log.Debug("addresses of a machine are not read", "guest_id", row.guestID(), "error", err)
		return
	}
	known.interfaces = agentInterfaces(answer.Result)
}

func (s *source) readSystem(ctx context.Context, row *resourceRow, known *guestFacts) {
	known.systemAt = s.now()
	var system agentAnswer[agentOS]
	if err := s.getGuest(ctx, row, &system, "agent", "get-osinfo"); err == nil {
		known.agentOS = system.Result.info()
	}
	var info agentAnswer[agentInfo]
	if err := s.getGuest(ctx, row, &info, "agent", "info"); err == nil {
		known.agentVersion = string(info.Result.Version)
	}
}

// info takes the long name of Windows, where the short one says nothing.
func (o agentOS) info() osInfo {
	if o.ID == "mswindows" && o.PrettyName != "" {
		return osInfo{string(o.PrettyName), string(o.VersionID)}
	}
	name, version := o.Name, o.Version
	if name == "" {
		name = o.PrettyName
	}
	if version == "" {
		version = o.VersionID
	}
	return osInfo{string(name), string(version)}
}
