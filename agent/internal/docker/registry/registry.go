// Package registry asks container registries what a tag stands for now.
//
// It speaks the read part of the OCI distribution specification, version 1.1
// (https://github.com/opencontainers/distribution-spec), with tokens as
// https://distribution.github.io/distribution/spec/auth/token/ describes.
package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Errors by which a registry, or the way to it, keeps the answer back. Their texts are shown to people.
var (
	ErrRateLimited = errors.New("rate limited")
	ErrForbidden   = errors.New("authentication required")
	ErrPinned      = errors.New("digest-pinned image")
	ErrNoPlatform  = errors.New("registry has no image for this platform")
	ErrUnreachable = errors.New("registry is not reachable")
	ErrTimeout     = errors.New("registry does not answer in time")
	errAnswer      = errors.New("registry answer is not understood")
)

// StatusError is any other answer that is no success.
type StatusError int

// Error names the status.
func (s StatusError) Error() string { return "registry returned " + strconv.Itoa(int(s)) }

// Bounds of one question.
const (
	callTimeout = 15 * time.Second
	maxManifest = 4 << 20
	maxToken    = 64 << 10
)

// manifestTypes are the kinds of manifests of one image, indexTypes those of lists of images by platform.
var (
	manifestTypes = []string{"application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"}
	indexTypes    = []string{"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"}
)

// Login is how to sign in to a registry. The zero value is nobody.
type Login struct {
	Username, Password string
	// IdentityToken is a token to be exchanged for others; it wins over the password.
	IdentityToken string
}

// Options configures a [Client].
type Options struct {
	// Transport carries the requests; nil means one with proxies from the environment.
	Transport http.RoundTripper
	// Login returns how to sign in to the registry of that domain; nil means nobody anywhere.
	Login func(domain string) Login
}

// Client asks registries. It is safe for concurrent use.
type Client struct {
	http  *http.Client
	login func(domain string) Login
}

// New returns a client.
func New(options Options) *Client {
	client := &Client{http: &http.Client{Transport: options.Transport}, login: options.Login}
	if options.Transport == nil {
		client.http.Transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: callTimeout,
			MaxConnsPerHost: 2, IdleConnTimeout: 5 * time.Second,
		}
	}
	if client.login == nil {
		client.login = func(string) Login { return Login{} }
	}
	return client
}

// Close ends idle connections. The client can still be used.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Platform is what an image is built for, in Go's words.
type Platform struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
	Variant      string `json:"variant"`
}

// Tag is what one tag stands for. It is for use by one goroutine.
type Tag struct {
	// Digest is that of the index, or of the manifest where there is no index.
	Digest string
	// Index says that Digest is that of an index.
	Index bool

	reference Reference
	client    *Client
	token     string
}

// Resolve asks what the tag stands for now, with a request that registries do not count as a pull.
func (c *Client) Resolve(ctx context.Context, reference Reference) (*Tag, error) {
	if reference.Digest != "" {
		return nil, ErrPinned
	}
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, ErrTimeout)
	defer cancel()
	tag := &Tag{reference: reference, client: c}
	response, err := tag.manifest(ctx, http.MethodHead, reference.Tag)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	tag.Digest, tag.Index = response.Header.Get("Docker-Content-Digest"), isIndex(response.Header.Get("Content-Type"))
	if tag.Digest != "" {
		return tag, nil
	}
	// Registries may leave the digest out; then it is that of the bytes.
	body, kind, err := tag.fetch(ctx, reference.Tag)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	tag.Digest, tag.Index = "sha256:"+hex.EncodeToString(sum[:]), isIndex(kind)
	return tag, nil
}

// Manifest returns the digest of the manifest for the platform.
func (t *Tag) Manifest(ctx context.Context, platform Platform) (string, error) {
	if !t.Index {
		return t.Digest, nil
	}
	var index struct {
		Manifests []struct {
			Digest   string   `json:"digest"`
			Platform Platform `json:"platform"`
		} `json:"manifests"`
	}
	body, _, err := t.fetch(ctx, t.Digest)
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(body, &index); err != nil {
		return "", errAnswer
	}
	found := ""
	for _, each := range index.Manifests {
		if each.Platform.OS != platform.OS || each.Platform.Architecture != platform.Architecture {
			continue
		}
		if each.Platform.Variant == platform.Variant {
			return each.Digest, nil
		}
		if found == "" && (platform.Variant == "" || each.Platform.Variant == "") {
			found = each.Digest
		}
	}
	if found == "" {
		return "", ErrNoPlatform
	}
	return found, nil
}

// Config returns the digest of the configuration of the image with that manifest; engines use it as the image's id.
func (t *Tag) Config(ctx context.Context, manifest string) (string, error) {
	var image struct {
		Config struct {
			Digest string `json:"digest"`
		} `json:"config"`
	}
	body, _, err := t.fetch(ctx, manifest)
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(body, &image); err != nil || image.Config.Digest == "" {
		return "", errAnswer
	}
	return image.Config.Digest, nil
}

func isIndex(kind string) bool {
	kind, _, _ = strings.Cut(kind, ";")
	return kind == indexTypes[0] || kind == indexTypes[1]
}

// fetch reads a manifest or index.
func (t *Tag) fetch(ctx context.Context, name string) (body []byte, kind string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, ErrTimeout)
	defer cancel()
	response, err := t.manifest(ctx, http.MethodGet, name)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(io.LimitReader(response.Body, maxManifest))
	if err != nil {
		return nil, "", explain(ctx, err)
	}
	return body, response.Header.Get("Content-Type"), nil
}

// manifest asks for a manifest, and once more when the registry wants a token first.
func (t *Tag) manifest(ctx context.Context, method, name string) (*http.Response, error) {
	response, err := t.ask(ctx, method, name)
	if err != nil {
		return nil, err
	}
	if response.StatusCode == http.StatusUnauthorized && t.token == "" {
		challenge := response.Header.Get("WWW-Authenticate")
		_ = response.Body.Close() // nothing was written
		if t.token, err = t.client.authorize(ctx, t.reference, challenge); err != nil {
			return nil, err
		}
		if response, err = t.ask(ctx, method, name); err != nil {
			return nil, err
		}
	}
	if err := judge(response.StatusCode); err != nil {
		_ = response.Body.Close() // nothing was written
		return nil, err
	}
	return response, nil
}

func (t *Tag) ask(ctx context.Context, method, name string) (*http.Response, error) {
	address := scheme(t.reference.host()) + t.reference.host() + "/v2/" + t.reference.Path + "/manifests/" + name
	request, err := http.NewRequestWithContext(ctx, method, address, http.NoBody)
	if err != nil {
		return nil, errAnswer // its error would quote what was asked
	}
	request.Header["Accept"] = append(append([]string{}, indexTypes...), manifestTypes...)
	if t.token != "" {
		request.Header.Set("Authorization", t.token)
	}
	response, err := t.client.http.Do(request)
	if err != nil {
		return nil, explain(ctx, err)
	}
	return response, nil
}

// scheme returns http:// for registries on this machine, as engines do, and else https://.
func scheme(host string) string {
	name := host
	if before, _, err := net.SplitHostPort(host); err == nil {
		name = before
	}
	if ip := net.ParseIP(name); name == "localhost" || ip != nil && ip.IsLoopback() {
		return "http://"
	}
	return "https://"
}

// judge turns a status into an error.
func judge(status int) error {
	switch {
	case status == http.StatusTooManyRequests:
		return ErrRateLimited
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return ErrForbidden
	case status != http.StatusOK:
		return StatusError(status)
	}
	return nil
}

// explain hides addresses, which may hold tokens.
func explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var operation *net.OpError
	if errors.As(err, &operation) {
		return fmt.Errorf("%w: %w", ErrUnreachable, operation.Err)
	}
	return ErrUnreachable
}
