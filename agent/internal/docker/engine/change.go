package engine

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// errPull means that the engine could not get an image.
var errPull = errors.New("pull image")

// Credentials are how to sign in to a registry. The zero value is nobody.
type Credentials struct {
	Username      string `json:"username,omitempty"`
	Password      string `json:"password,omitempty"`
	IdentityToken string `json:"identitytoken,omitempty"`
	ServerAddress string `json:"serveraddress,omitempty"`
}

// Pull fetches the image of that name and tag, or of that name and digest. It takes as long as the context allows.
func (c *Client) Pull(ctx context.Context, name string, credentials Credentials) error {
	call := request{method: http.MethodPost, path: "/images/create", query: url.Values{"fromImage": {name}}}
	if credentials != (Credentials{}) {
		text, err := json.Marshal(credentials)
		if err != nil {
			return fmt.Errorf("encode credentials: %w", err)
		}
		call.header = http.Header{"X-Registry-Auth": {base64.URLEncoding.EncodeToString(text)}}
	}
	response, err := c.send(ctx, call)
	if err != nil {
		return err
	}
	defer finish(response)
	decoder := json.NewDecoder(response.Body)
	for {
		var progress struct {
			Error string `json:"error"`
		}
		switch err := decoder.Decode(&progress); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read progress: %w", explain(ctx, err))
		case progress.Error != "":
			return fmt.Errorf("%w: %s", errPull, cut(progress.Error))
		}
	}
}

// Stop asks a container to end and kills it after the grace. One that does not run is no error.
func (c *Client) Stop(ctx context.Context, id string, grace time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, grace+2*CallTimeout, ErrTimeout)
	defer cancel()
	query := url.Values{"t": {strconv.Itoa(int(grace / time.Second))}}
	return c.exchange(ctx, request{method: http.MethodPost, path: "/containers/" + url.PathEscape(id) + "/stop", query: query}, nil)
}

// changeTimeout bounds the calls that make and start containers, which take long on slow disks.
const changeTimeout = 60 * time.Second

// change makes a call that takes longer than a question.
func (c *Client) change(ctx context.Context, request request, into any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, changeTimeout, ErrTimeout)
	defer cancel()
	return c.exchange(ctx, request, into)
}

// Start starts a container. One that runs is no error.
func (c *Client) Start(ctx context.Context, id string) error {
	return c.change(ctx, request{method: http.MethodPost, path: "/containers/" + url.PathEscape(id) + "/start"}, nil)
}

// Rename gives a container another name.
func (c *Client) Rename(ctx context.Context, id, name string) error {
	return c.change(ctx, request{method: http.MethodPost, path: "/containers/" + url.PathEscape(id) + "/rename", query: url.Values{"name": {name}}}, nil)
}

// Create makes a container of that name and returns its id. The body is as the API wants it.
func (c *Client) Create(ctx context.Context, name string, body any) (string, error) {
	var created struct {
		ID string `json:"Id"`
	}
	err := c.change(ctx, request{method: http.MethodPost, path: "/containers/create", query: url.Values{"name": {name}}, body: body}, &created)
	return created.ID, err
}

// Remove removes a container, if need be a running one, and leaves its volumes.
func (c *Client) Remove(ctx context.Context, id string) error {
	return c.change(ctx, request{method: http.MethodDelete, path: "/containers/" + url.PathEscape(id), query: url.Values{"force": {"1"}}}, nil)
}

// Attach connects a container to a network. The settings are an endpoint's as the API wants them.
func (c *Client) Attach(ctx context.Context, network, id string, settings any) error {
	body := map[string]any{"Container": id, "EndpointConfig": settings}
	return c.change(ctx, request{method: http.MethodPost, path: "/networks/" + url.PathEscape(network) + "/connect", body: body}, nil)
}

// TakesManyNetworks reports whether Create takes more than one network.
func (c *Client) TakesManyNetworks() bool { return c.minor >= 44 && c.runtime == Docker }
