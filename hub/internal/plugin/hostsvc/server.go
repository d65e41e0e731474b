package hostsvc

import (
	"context"
	"errors"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/store"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// server is what one plugin is served.
type server struct {
	pluginv1.UnimplementedHostServiceServer

	service *Service
	plugin  string
	granted func() manifest.Needs
	tenant  *tenant
}

// handle is one call: whether it may be made, how long it may take, and what the plugin is told.
func handle[T any](ctx context.Context, s *server, need string, fn func(context.Context) (T, error)) (T, error) {
	var none T
	if !slices.Contains(s.granted().Host, need) {
		return none, notGranted(need)
	}
	select {
	case s.tenant.calls <- struct{}{}:
		defer release(s.tenant.calls)
	default:
		return none, tooMany("calls")
	}
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, errTimeout)
	defer cancel()
	result, err := fn(ctx)
	if err == nil {
		s.tenant.note(nil)
		return result, nil
	}
	answer, hubs := told(ctx, err)
	if hubs {
		s.tenant.note(err)
	}
	return none, answer
}

// view is a reading transaction about an instance of the plugin, or about the plugin as a whole.
func (s *server) view(ctx context.Context, instanceID string, fn func(store.Reader) error) error {
	return s.service.Store.View(ctx, func(reader store.Reader) error {
		if err := s.mine(ctx, reader, instanceID); err != nil {
			return err
		}
		return fn(reader)
	})
}

// update is the same for writing. Whether the instance is the plugin's is
// looked up in the same transaction: nothing is written for one that is just being deleted.
func (s *server) update(ctx context.Context, instanceID string, fn func(store.Tx) error) error {
	if err := acquire(ctx, s.tenant.writer, "writes"); err != nil {
		return err
	}
	defer release(s.tenant.writer)
	return s.service.Store.Update(ctx, func(tx store.Tx) error {
		if err := s.mine(ctx, tx, instanceID); err != nil {
			return err
		}
		return fn(tx)
	})
}

func (s *server) mine(ctx context.Context, reader store.Reader, instanceID string) error {
	if instanceID == "" {
		return nil
	}
	_, err := own(ctx, reader, s.plugin, instanceID)
	return err
}

// instance returns an instance of the plugin, without secrets.
func (s *server) instance(ctx context.Context, id string) (one instance.Instance, err error) {
	if id == "" {
		return one, invalid("instance_id", "must not be empty")
	}
	err = s.service.Store.View(ctx, func(reader store.Reader) error {
		one, err = own(ctx, reader, s.plugin, id)
		return err
	})
	return one, err
}

// KvGet implements the protocol.
func (s *server) KvGet(ctx context.Context, request *pluginv1.KvKey) (*pluginv1.KvValue, error) {
	return handle(ctx, s, NeedKV, func(ctx context.Context) (*pluginv1.KvValue, error) {
		if err := checkText("key", request.GetKey(), 1, MaxKeyBytes); err != nil {
			return nil, err
		}
		at := place{plugin: s.plugin, instance: request.GetInstanceId(), key: request.GetKey()}
		var found entry
		err := s.view(ctx, at.instance, func(reader store.Reader) (err error) {
			found, err = get(ctx, reader, at, time.Now())
			return err
		})
		if err != nil {
			return nil, err
		}
		return &pluginv1.KvValue{Found: found.revision != 0, Value: found.value, Revision: found.revision}, nil
	})
}

// KvPut implements the protocol.
func (s *server) KvPut(ctx context.Context, request *pluginv1.KvEntry) (*pluginv1.KvAck, error) {
	return handle(ctx, s, NeedKV, func(ctx context.Context) (*pluginv1.KvAck, error) {
		ttl, err := checkTTL(request.GetTtl())
		if err := errors.Join(checkText("key", request.GetKey(), 1, MaxKeyBytes), checkValue(request.GetValue()), err); err != nil {
			return nil, err
		}
		at := place{plugin: s.plugin, instance: request.GetInstanceId(), key: request.GetKey()}
		want := wanted{value: request.GetValue(), ttl: ttl, revision: request.GetIfRevision()}
		var revision uint64
		err = s.update(ctx, at.instance, func(tx store.Tx) (err error) {
			revision, err = put(ctx, tx, at, want, time.Now())
			return err
		})
		if err != nil {
			return nil, err
		}
		return &pluginv1.KvAck{Revision: revision}, nil
	})
}

// KvDelete implements the protocol.
func (s *server) KvDelete(ctx context.Context, request *pluginv1.KvKey) (*pluginv1.KvAck, error) {
	return handle(ctx, s, NeedKV, func(ctx context.Context) (*pluginv1.KvAck, error) {
		if err := checkText("key", request.GetKey(), 1, MaxKeyBytes); err != nil {
			return nil, err
		}
		at := place{plugin: s.plugin, instance: request.GetInstanceId(), key: request.GetKey()}
		err := s.update(ctx, at.instance, func(tx store.Tx) error { return remove(ctx, tx, at) })
		if err != nil {
			return nil, err
		}
		return &pluginv1.KvAck{}, nil
	})
}

// KvList implements the protocol: it sends one consistent state. What is sent
// is in memory until the plugin has read it, so only a few lists of a plugin
// go on at a time; one that reads too slowly keeps itself waiting and no one else.
func (s *server) KvList(request *pluginv1.KvPrefix, stream grpc.ServerStreamingServer[pluginv1.KvEntry]) error {
	found, err := handle(stream.Context(), s, NeedKV, func(ctx context.Context) (snapshot, error) {
		return s.snapshot(ctx, request)
	})
	if err != nil {
		return err
	}
	defer release(s.tenant.lists)
	for _, one := range found.entries {
		if err := stream.Send(one.message(request.GetInstanceId(), found.at)); err != nil {
			return err
		}
	}
	return nil
}

// snapshot is what a list found, and when.
type snapshot struct {
	entries []listed
	at      time.Time
}

// snapshot reads a list. If there is one, it occupies one of the tenant's lists, which the caller releases.
func (s *server) snapshot(ctx context.Context, request *pluginv1.KvPrefix) (snapshot, error) {
	if err := checkText("prefix", request.GetPrefix(), 0, MaxKeyBytes); err != nil {
		return snapshot{}, err
	}
	if err := acquire(ctx, s.tenant.lists, "lists"); err != nil {
		return snapshot{}, err
	}
	prefix := place{plugin: s.plugin, instance: request.GetInstanceId(), key: request.GetPrefix()}
	found := snapshot{at: time.Now()}
	err := s.view(ctx, prefix.instance, func(reader store.Reader) (err error) {
		found.entries, err = list(ctx, reader, prefix, found.at)
		return err
	})
	if err != nil {
		release(s.tenant.lists)
	}
	return found, err
}

// message returns the entry as it is told; its revision is the one that it can be written at.
func (l listed) message(instanceID string, now time.Time) *pluginv1.KvEntry {
	message := &pluginv1.KvEntry{InstanceId: instanceID, Key: l.key, Value: l.value, IfRevision: l.revision}
	if left := l.left(now); left > 0 {
		message.Ttl = durationpb.New(left)
	}
	return message
}
