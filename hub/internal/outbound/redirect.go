package outbound

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// follower follows redirects, because an http.Client turns a POST that is told
// to go elsewhere into a GET, and bounds answers.
type follower struct {
	guard    *guard
	next     http.RoundTripper
	max      int64
	onlyHere []string
}

// RoundTrip is part of http.RoundTripper.
func (f *follower) RoundTrip(request *http.Request) (*http.Response, error) {
	for followed := 0; ; followed++ {
		if err := f.guard.checkURL(request.URL); err != nil {
			if request.Body != nil {
				_ = request.Body.Close() // whoever round-trips closes it, always
			}
			return nil, err
		}
		response, err := f.next.RoundTrip(request)
		if err != nil {
			return nil, err
		}
		response.Body = &boundedBody{ReadCloser: response.Body, left: f.max}
		location := response.Header.Get("Location")
		if !isRedirect(response.StatusCode) || location == "" {
			return response, nil
		}
		// Nobody reads what is said beside a redirect; without its end the connection cannot be used again.
		_, _ = io.CopyN(io.Discard, response.Body, maxHeader)
		_ = response.Body.Close()
		if followed == MaxRedirects {
			return nil, fmt.Errorf("%w: more than %d", ErrRedirects, MaxRedirects)
		}
		if request, err = f.redirected(request, response.StatusCode, location); err != nil {
			return nil, err
		}
	}
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// redirected returns the request that a redirect asks for.
func (f *follower) redirected(r *http.Request, status int, location string) (*http.Request, error) {
	target, err := r.URL.Parse(location)
	if err != nil {
		return nil, fmt.Errorf("%w: it leads to no URL", ErrRedirects)
	}
	if r.URL.Scheme == "https" && target.Scheme != "https" {
		return nil, fmt.Errorf("%w: it gives up encryption", ErrRedirects)
	}
	next := r.Clone(r.Context())
	next.URL, next.Host = target, ""
	if !sameServer(r.URL, target) {
		for _, name := range append([]string{"Authorization", "Cookie", "Proxy-Authorization"}, f.onlyHere...) {
			next.Header.Del(name)
		}
	} else {
		next.Host = r.Host
	}
	if status == http.StatusSeeOther && r.Method != http.MethodHead {
		next.Method, next.Body, next.GetBody, next.ContentLength = http.MethodGet, nil, nil, 0
		next.Header.Del("Content-Type")
		return next, nil
	}
	return next, repeatBody(next)
}

// repeatBody has a request sent another time have its body again.
func repeatBody(r *http.Request) error {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	if r.GetBody == nil {
		return fmt.Errorf("%w: what was sent cannot be sent again", ErrRedirects)
	}
	body, err := r.GetBody()
	if err != nil {
		return fmt.Errorf("read what was sent: %w", err)
	}
	r.Body = body
	return nil
}

// sameServer tells whether a redirect stays where it was, or only begins to encrypt.
func sameServer(from, to *url.URL) bool {
	if hostOf(from) != hostOf(to) {
		return false
	}
	return (from.Scheme == to.Scheme && from.Port() == to.Port()) || (from.Scheme == "http" && to.Scheme == "https")
}
