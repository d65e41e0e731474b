package hostsvc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// sweep removes what has expired, and what is left of instances that were
// deleted while the hub could not see to their entries. Each plugin has a
// transaction of its own, so that no one waits for long.
func (s *Service) sweep(ctx context.Context) error {
	var known []store.Record
	err := s.Store.View(ctx, func(reader store.Reader) (err error) {
		known, err = reader.List(ctx, store.PluginState, ledgers)
		return err
	})
	if err != nil {
		return fmt.Errorf("list ledgers: %w", err)
	}
	var errs []error
	for _, record := range known {
		errs = append(errs, s.sweepPlugin(ctx, strings.TrimPrefix(record.Key, ledgers)))
	}
	return errors.Join(errs...)
}

func (s *Service) sweepPlugin(ctx context.Context, plugin string) error {
	now := time.Now()
	return s.update(ctx, func(tx store.Tx) error {
		owned := map[string]bool{"": true} // the plugin as a whole
		return purge(ctx, tx, plugin, func(at place, stored entry) (bool, error) {
			if stored.expired(now) {
				return true, nil
			}
			mine, seen := owned[at.instance]
			if !seen {
				_, err := own(ctx, tx, plugin, at.instance)
				if err != nil && !errors.Is(err, errNoInstance) {
					return false, err
				}
				mine = err == nil
				owned[at.instance] = mine
			}
			return !mine, nil
		})
	})
}

// own returns an instance of the plugin, without secrets. One of another
// plugin does not exist.
func own(ctx context.Context, reader store.Reader, plugin, id string) (instance.Instance, error) {
	if id == "" || len(id) > maxInstanceBytes {
		return instance.Instance{}, errNoInstance
	}
	one, err := store.GetJSON[instance.Instance](ctx, reader, store.Instances, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && one.Plugin != plugin {
		return instance.Instance{}, errNoInstance
	}
	if err != nil {
		return instance.Instance{}, fmt.Errorf("read instance: %w", err)
	}
	return one, nil
}

// update is one writing transaction in the time that a call has.
func (s *Service) update(ctx context.Context, fn func(store.Tx) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, errTimeout)
	defer cancel()
	if err := s.Store.Update(ctx, fn); err != nil {
		return fmt.Errorf("update plugin state: %w", err)
	}
	return nil
}
