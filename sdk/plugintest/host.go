package plugintest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

// Host is a hub in memory: keys, renewed secrets and reports. Keys do not
// expire. It is safe for concurrent use.
type Host struct {
	pluginv1.UnimplementedHostServiceServer

	mu       sync.Mutex
	revision uint64
	entries  map[string]*pluginv1.KvEntry // by instance and key; IfRevision holds the entry's own
	secrets  map[string]string            // by instance and path
	reports  []*pluginv1.ReportRequest
}

// NewHost returns a hub that knows nothing.
func NewHost() *Host {
	return &Host{entries: map[string]*pluginv1.KvEntry{}, secrets: map[string]string{}}
}

// Secret returns the value the plugin last gave a secret of an instance, empty if it never did.
func (h *Host) Secret(instanceID, path string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.secrets[place(instanceID, path)]
}

// Reports returns what the plugin has reported, oldest first.
func (h *Host) Reports() []*pluginv1.ReportRequest {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.reports)
}

func place(instanceID, key string) string { return instanceID + "\x00" + key }

// KvGet reads one key.
func (h *Host) KvGet(_ context.Context, key *pluginv1.KvKey) (*pluginv1.KvValue, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	entry, found := h.entries[place(key.GetInstanceId(), key.GetKey())]
	return &pluginv1.KvValue{Found: found, Value: entry.GetValue(), Revision: entry.GetIfRevision()}, nil
}

// KvPut writes one key.
func (h *Host) KvPut(_ context.Context, entry *pluginv1.KvEntry) (*pluginv1.KvAck, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := place(entry.GetInstanceId(), entry.GetKey())
	if entry.GetIfRevision() != 0 && h.entries[at].GetIfRevision() != entry.GetIfRevision() {
		return nil, status.Error(codes.Aborted, "entry has changed")
	}
	h.revision++
	h.entries[at] = &pluginv1.KvEntry{
		InstanceId: entry.GetInstanceId(), Key: entry.GetKey(), Value: entry.GetValue(), IfRevision: h.revision,
	}
	return &pluginv1.KvAck{Revision: h.revision}, nil
}

// KvDelete removes one key.
func (h *Host) KvDelete(_ context.Context, key *pluginv1.KvKey) (*pluginv1.KvAck, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.entries, place(key.GetInstanceId(), key.GetKey()))
	return &pluginv1.KvAck{}, nil
}

// KvList streams the entries of a prefix in the order of their keys.
func (h *Host) KvList(prefix *pluginv1.KvPrefix, stream grpc.ServerStreamingServer[pluginv1.KvEntry]) error {
	for _, entry := range h.list(place(prefix.GetInstanceId(), prefix.GetPrefix())) {
		if err := stream.Send(entry); err != nil {
			return err
		}
	}
	return nil
}

func (h *Host) list(prefix string) []*pluginv1.KvEntry {
	h.mu.Lock()
	defer h.mu.Unlock()
	var entries []*pluginv1.KvEntry
	for _, at := range slices.Sorted(maps.Keys(h.entries)) {
		if strings.HasPrefix(at, prefix) {
			entries = append(entries, h.entries[at])
		}
	}
	return entries
}

// UpdateSecret keeps the value for Secret.
func (h *Host) UpdateSecret(_ context.Context, update *pluginv1.SecretUpdate) (*pluginv1.KvAck, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.revision++
	h.secrets[place(update.GetInstanceId(), update.GetPath())] = update.GetValue()
	return &pluginv1.KvAck{Revision: h.revision}, nil
}

// Report keeps the request for Reports.
func (h *Host) Report(_ context.Context, request *pluginv1.ReportRequest) (*pluginv1.ReportResponse, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reports = append(h.reports, request)
	return &pluginv1.ReportResponse{}, nil
}
