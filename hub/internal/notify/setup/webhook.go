package setup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
)

// maxWebhookID bounds the id of a webhook, in bytes.
const maxWebhookID = 100

// Webhooks returns all webhooks, the oldest first. The slice is the caller's and never nil.
func (d *Directory) Webhooks(ctx context.Context) ([]notifications.Webhook, error) {
	all, err := d.Office.List(ctx)
	if err != nil {
		return nil, err
	}
	list := []notifications.Webhook{}
	for _, one := range all {
		if !webhook().has(one) {
			continue
		}
		shown, err := webhookOf(one)
		if err != nil {
			return nil, err
		}
		list = append(list, shown)
	}
	slices.SortStableFunc(list, func(a, b notifications.Webhook) int { return cmp.Compare(a.ID, b.ID) })
	return list, nil
}

// Webhook returns one webhook or ErrUnknown.
func (d *Directory) Webhook(ctx context.Context, id string) (notifications.Webhook, error) {
	one, err := d.find(ctx, webhook(), id)
	if err != nil {
		return notifications.Webhook{}, err
	}
	if one.ID == "" {
		return notifications.Webhook{}, fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	return webhookOf(one)
}

// AddWebhook makes a webhook and returns its id, which is made up if none is said. The error is ErrID, ErrExists,
// notifications.ErrMasked, or one of the office's, such as *InvalidError.
func (d *Directory) AddWebhook(ctx context.Context, said notifications.Webhook, actor string) (string, error) {
	if err := d.begin(ctx); err != nil {
		return "", err
	}
	defer d.end()
	said, err := said.Restore(notifications.Webhook{})
	if err != nil {
		return "", err
	}
	if said.ID, err = d.freeID(ctx, said.ID); err != nil {
		return "", err
	}
	return said.ID, d.putWebhook(ctx, said, instance.Instance{}, actor)
}

// freeID returns the id of a new webhook. Those that are made up sort by time.
func (d *Directory) freeID(ctx context.Context, wanted string) (string, error) {
	if wanted == "" {
		unique, err := uuid.NewV7()
		if err != nil {
			return "", fmt.Errorf("make webhook id: %w", err)
		}
		return "webhook-" + unique.String(), nil
	}
	if len(wanted) > maxWebhookID || strings.Contains(wanted, "/") || strings.ContainsFunc(wanted, unprintable) {
		return "", fmt.Errorf("%w: it has at most %d bytes, all printable, and no slash or blank", ErrID, maxWebhookID)
	}
	all, err := d.Office.List(ctx)
	if err != nil {
		return "", err
	}
	taken := slices.ContainsFunc(all, func(one instance.Instance) bool { return one.ID == wanted })
	if taken || wanted == EmailID || wanted == AppriseID {
		return "", fmt.Errorf("%w: %s", ErrExists, wanted)
	}
	return wanted, nil
}

func unprintable(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }

// ChangeWebhook changes a webhook; its id cannot be changed. What is masked keeps what is stored. The error is
// ErrUnknown, notifications.ErrMasked, or one of the office's.
func (d *Directory) ChangeWebhook(ctx context.Context, id string, said notifications.Webhook, actor string) error {
	if err := d.begin(ctx); err != nil {
		return err
	}
	defer d.end()
	one, err := d.find(ctx, webhook(), id)
	if err != nil {
		return err
	}
	if one.ID == "" {
		return fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	said.ID = id
	if said, err = restored(said, one); err != nil {
		return err
	}
	return d.putWebhook(ctx, said, one, actor)
}

// restored returns what is said of a webhook with what is masked put back from its instance, if it has one.
func restored(said notifications.Webhook, one instance.Instance) (notifications.Webhook, error) {
	var stored notifications.Webhook
	if one.ID != "" {
		var err error
		if stored, err = webhookOf(one); err != nil {
			return said, err
		}
	}
	return said.Restore(stored)
}

func (d *Directory) putWebhook(ctx context.Context, said notifications.Webhook, before instance.Instance, actor string) error {
	f, err := d.webhookForm(ctx, said, before)
	if err != nil {
		return err
	}
	if err := d.checkTarget(ctx, f, nameOf(said)); err != nil {
		return err
	}
	_, err = d.put(ctx, order{
		id: said.ID, before: before, form: f, name: nameOf(said), enabled: said.Enabled, actor: actor,
	})
	return err
}

// RemoveWebhook deletes a webhook with its secrets, or fails with ErrUnknown.
func (d *Directory) RemoveWebhook(ctx context.Context, id, actor string) error {
	if err := d.begin(ctx); err != nil {
		return err
	}
	defer d.end()
	one, err := d.find(ctx, webhook(), id)
	if err != nil {
		return err
	}
	if one.ID == "" {
		return fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	err = d.Office.Delete(ctx, id, actor)
	if errors.Is(err, instance.ErrNotFound) {
		return fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	return err
}

// TryWebhook returns an instance that sends as it is said, for trying; it is not kept. What is masked is that of the
// webhook with the id. The error may be notifications.ErrMasked or *InvalidError.
func (d *Directory) TryWebhook(ctx context.Context, said notifications.Webhook) (instance.Instance, error) {
	one, err := d.find(ctx, webhook(), said.ID)
	if err != nil {
		return instance.Instance{}, err
	}
	if said, err = restored(said, one); err != nil {
		return instance.Instance{}, err
	}
	f, err := d.webhookForm(ctx, said, one)
	if err != nil {
		return instance.Instance{}, err
	}
	if err := d.checkTarget(ctx, f, nameOf(said)); err != nil {
		return instance.Instance{}, err
	}
	return f.trial(one.ID, nameOf(said))
}
