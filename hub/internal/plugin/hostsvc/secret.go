package hostsvc

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/store"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

// maxPathBytes bounds the JSON pointer of a field; no schema has a longer one that matters.
const maxPathBytes = 512

// UpdateSecret implements the protocol. The acknowledged revision is that of
// the instance, which stays: the plugin has the value and is not configured again.
func (s *server) UpdateSecret(ctx context.Context, request *pluginv1.SecretUpdate) (*pluginv1.KvAck, error) {
	return handle(ctx, s, NeedSecrets, func(ctx context.Context) (*pluginv1.KvAck, error) {
		err := errors.Join(
			checkText("path", request.GetPath(), 1, maxPathBytes),
			checkText("value", request.GetValue(), 1, MaxSecretBytes),
		)
		if err != nil {
			return nil, err
		}
		one, err := s.instance(ctx, request.GetInstanceId())
		if err != nil {
			return nil, err
		}
		// Asked for outside the transaction: whoever answers may read the store itself.
		if !slices.Contains(s.service.Secrets.Paths(s.plugin, one.Component), request.GetPath()) {
			return nil, invalid("path", "is no secret of the component %s", one.Component)
		}
		renewed, err := s.renew(ctx, one, request.GetPath(), request.GetValue())
		if err != nil {
			return nil, err
		}
		return &pluginv1.KvAck{Revision: renewed.Revision}, nil
	})
}

// renew replaces a secret of the instance and tells of it before the plugin's next write.
func (s *server) renew(ctx context.Context, one instance.Instance, path, value string) (instance.Instance, error) {
	if err := acquire(ctx, s.tenant.writer, "writes"); err != nil {
		return instance.Instance{}, err
	}
	defer release(s.tenant.writer)
	var renewed instance.Instance
	var changed bool
	err := s.service.Store.Update(ctx, func(tx store.Tx) error {
		now, err := own(ctx, tx, s.plugin, one.ID)
		if err != nil {
			return err
		}
		if now.Component != one.Component {
			return errNoInstance // another one than the path was looked up for
		}
		renewed, changed, err = replaceSecret(ctx, tx, one.ID, path, value)
		return err
	})
	if err != nil {
		return instance.Instance{}, err
	}
	if changed {
		s.service.Secrets.Renewed(renewed)
	}
	return renewed, nil
}

// replaceSecret replaces one secret and leaves the instance, with its revision, as it is.
func replaceSecret(ctx context.Context, tx store.Tx, id, path, value string) (renewed instance.Instance, changed bool, err error) {
	repository := instance.NewRepository(within{tx})
	one, err := repository.Get(ctx, id)
	if err != nil {
		return instance.Instance{}, false, err
	}
	if one.Secrets[path] == value {
		return one, false, nil
	}
	renewed = one
	renewed.Secrets = make(map[string]string, len(one.Secrets)+1)
	maps.Copy(renewed.Secrets, one.Secrets)
	renewed.Secrets[path] = value
	if _, err := repository.Put(ctx, renewed); err != nil {
		return instance.Instance{}, false, err
	}
	// A new revision would have everybody configure the instance again.
	return renewed, true, store.PutJSON(ctx, tx, store.Instances, id, one)
}

// within makes the transactions of a repository a part of one that goes on.
type within struct{ tx store.Tx }

// View calls fn with the transaction.
func (w within) View(_ context.Context, fn func(store.Reader) error) error { return fn(w.tx) }

// Update calls fn with the transaction.
func (w within) Update(_ context.Context, fn func(store.Tx) error) error { return fn(w.tx) }
