package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Publisher is somebody whose signatures of plugins count.
type Publisher struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Key     string    `json:"key"`
	Project bool      `json:"project"`
	Added   time.Time `json:"added"`
	AddedBy string    `json:"addedBy"`
}

// newPublisher is somebody to trust.
type newPublisher struct {
	Name string `json:"name"`
	Key  string `json:"key"`
}

// PublisherList is everybody whose signatures count.
type PublisherList struct {
	Publishers []Publisher `json:"publishers"`
}

// Publishers returns everybody whose signatures count.
func (c *Client) Publishers(ctx context.Context) ([]Publisher, error) {
	var list PublisherList
	err := c.do(ctx, call{method: http.MethodGet, path: "/api/plugins/publishers"}, &list)
	return list.Publishers, err
}

// AddPublisher makes a minisign public key one whose signatures count.
func (c *Client) AddPublisher(ctx context.Context, name, key string) (Publisher, error) {
	one, err := call{method: http.MethodPost, path: "/api/plugins/publishers"}.withJSON(newPublisher{Name: name, Key: key})
	if err != nil {
		return Publisher{}, err
	}
	var added Publisher
	err = c.do(ctx, one, &added)
	return added, err
}

// RemovePublisher makes the signatures of the key with that id count no longer.
func (c *Client) RemovePublisher(ctx context.Context, id string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: "/api/plugins/publishers/" + url.PathEscape(id)}, nil)
}
