package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// KeyKeeper looks after the key that secrets are sealed with, as store.DB does.
type KeyKeeper interface {
	Key(ctx context.Context) (store.Key, error)
	Rotate(ctx context.Context) (store.Rotation, error)
}

// SealingKey is the key that secrets are sealed with, of which nothing is told but how it is known.
type SealingKey struct {
	ID         string     `json:"id" description:"8 hexadecimal digits that tell keys apart. No part of the key."`
	Source     string     `json:"source" description:"credential: systemd hands it to the service, and it is replaced while the hub is stopped." enum:"file,credential"`
	Since      *time.Time `json:"since,omitempty" description:"When the key file was written."`
	Sealed     int        `json:"sealed" description:"How many records are sealed with it."`
	Others     int        `json:"others" description:"How many records cannot be opened because another key has sealed them."`
	FormerKept bool       `json:"formerKept" description:"Whether the key before is still in a file, until the hub starts the next time."`
}

// RotatedKey is what replacing the key has done.
type RotatedKey struct {
	Key        SealingKey `json:"key"`
	Resealed   int        `json:"resealed" description:"How many records were sealed anew."`
	Unreadable int        `json:"unreadable" description:"How many records could not be opened before either, and stay as they were."`
}

// KeyRoutes returns the routes of a store's key.
func KeyRoutes(keys KeyKeeper) []route.Route {
	k := keyDesk{keys}
	return []route.Route{
		{
			Path: "/api/security/key", Access: route.Admin(auth.ScopeSettingsRead), Resource: auth.ResourceSettings,
			Summary: "The key that secrets are sealed with", Answer: SealingKey{}, Handle: k.show,
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/security/rotate-key", Access: route.Admin(auth.ScopeSettingsWrite), Resource: auth.ResourceSettings,
			Limit:   route.Limit{Name: "rotate-key", Requests: 6, Window: time.Minute},
			Summary: "Replace the key that secrets are sealed with",
			Description: "Everything is sealed anew, at once. The key before stays in a file beside the new one until the hub starts the next time. " +
				"Backups of the key made before do not open what is stored from now on.",
			Answer: RotatedKey{}, Handle: k.rotate,
		},
	}
}

// keyDesk answers the routes of a key.
type keyDesk struct{ keys KeyKeeper }

func (k keyDesk) show(c *route.Call) (any, error) {
	key, err := k.keys.Key(c.Context())
	if err != nil {
		return nil, err
	}
	return shownKey(key), nil
}

func shownKey(key store.Key) SealingKey {
	shown := SealingKey{ID: key.ID, Source: "file", Sealed: key.Sealed, Others: key.Others, FormerKept: key.FormerKept}
	if key.Credential {
		shown.Source = "credential"
	}
	if !key.Since.IsZero() {
		since := key.Since.UTC()
		shown.Since = &since
	}
	return shown
}

func (k keyDesk) rotate(c *route.Call) (any, error) {
	before, err := k.keys.Key(c.Context())
	if err != nil {
		return nil, err
	}
	done, err := k.keys.Rotate(c.Context())
	if done.ID != "" {
		// Also when the file did not get its name: the records are sealed anew.
		c.Changed(route.Change{Subject: done.ID, What: "rotated", Before: map[string]string{"id": before.ID}, After: map[string]string{"id": done.ID}})
	}
	if err != nil {
		return nil, rotationFailure(err)
	}
	after, err := k.keys.Key(c.Context())
	if err != nil {
		return nil, err
	}
	return RotatedKey{Key: shownKey(after), Resealed: done.Resealed, Unreadable: done.Unreadable}, nil
}

// rotationFailure is how somebody is told that the key is not replaced. Paths are for who may see the machine: the log.
func rotationFailure(err error) error {
	switch {
	case errors.Is(err, store.ErrKeyIsCredential):
		return &route.Error{
			Status: http.StatusConflict, Code: "key_is_credential",
			Message: "The key is a systemd credential, which the hub cannot replace. Stop the hub and run: pulse key rotate --new-key-file FILE",
		}
	case errors.Is(err, store.ErrWrongKey), errors.Is(err, store.ErrKeyMissing), errors.Is(err, store.ErrBadKeyFile):
		return &route.Error{
			Status: http.StatusConflict, Code: "key_file_changed",
			Message: "The key file is not the one that the hub was started with. Put it back first.",
		}
	case errors.Is(err, store.ErrNoSpace):
		return &route.Error{Status: http.StatusInsufficientStorage, Code: "no_space", Message: "There is no room on the disk. Nothing was changed."}
	}
	return err
}
