package client

import (
	"context"
	"net/http"
	"time"
)

// SealingKey is what can be told of the key that a hub seals secrets with.
type SealingKey struct {
	// ID is 8 hexadecimal digits that tell keys apart.
	ID string `json:"id"`
	// Source is file or credential.
	Source string `json:"source"`
	// Since is when the key file was written; nil: that is not known.
	Since *time.Time `json:"since"`
	// Sealed and Others count the records of this key and those of others, which cannot be opened.
	Sealed int `json:"sealed"`
	Others int `json:"others"`
	// FormerKept says that the key before is still in a file.
	FormerKept bool `json:"formerKept"`
}

// RotatedKey is what replacing the key has done.
type RotatedKey struct {
	Key SealingKey `json:"key"`
	// Resealed counts the records that were sealed anew, Unreadable those that could not be opened before either.
	Resealed   int `json:"resealed"`
	Unreadable int `json:"unreadable"`
}

// SealingKey returns what can be told of the hub's key.
func (c *Client) SealingKey(ctx context.Context) (SealingKey, error) {
	var key SealingKey
	err := c.do(ctx, call{method: http.MethodGet, path: "/api/security/key"}, &key)
	return key, err
}

// RotateKey has the hub replace its key.
func (c *Client) RotateKey(ctx context.Context) (RotatedKey, error) {
	var done RotatedKey
	err := c.do(ctx, call{method: http.MethodPost, path: "/api/security/rotate-key", limit: workLimit}, &done)
	return done, err
}
