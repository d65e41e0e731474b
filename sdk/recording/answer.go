package recording

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// answered makes an answer one of the proxy's own and begins to record it.
func (p *Proxy) answered(answer *http.Response, e *pendingExchange) error {
	readable := true
	switch strings.ToLower(answer.Header.Get("Content-Encoding")) {
	case "", "identity":
	case "gzip": // although it was not asked for
		if err := unzip(answer); err != nil {
			return err
		}
	default:
		readable = false
	}
	p.relocate(answer.Header)
	cookies := answer.Header["Set-Cookie"]
	for i := range cookies {
		cookies[i] = onlySecure.ReplaceAllString(cookies[i], "")
	}
	e.change(func(x *Exchange) {
		x.Status, x.Answered.Header, x.Answered.Cut = answer.StatusCode, endToEnd(answer.Header), !readable
	})
	if readable && answer.StatusCode != http.StatusSwitchingProtocols {
		answer.Body = captured(answer.Body, answer.ContentLength, e, func(x *Exchange) *Content { return &x.Answered })
	}
	return nil
}

// onlySecure matches what keeps a client from giving a cookie back to a proxy.
var onlySecure = regexp.MustCompile(`(?i);\s*(secure|domain=[^;]*|samesite=none)`)

// unzip makes a compressed answer a plain one.
func unzip(answer *http.Response) error {
	if answer.Body == http.NoBody {
		return nil
	}
	plain, err := gzip.NewReader(answer.Body)
	if err != nil {
		return fmt.Errorf("unpack answer: %w", err)
	}
	answer.Body = struct {
		io.Reader
		io.Closer
	}{plain, answer.Body}
	answer.Header.Del("Content-Encoding")
	answer.Header.Del("Content-Length")
	answer.ContentLength = -1
	return nil
}

// relocate leads a redirection to the other side back to the proxy.
func (p *Proxy) relocate(header http.Header) {
	location, err := url.Parse(header.Get("Location"))
	if err != nil || location.Host != p.target.Host || p.loopback == nil {
		return
	}
	location.Scheme, location.Host = "http", p.loopback.address()
	header.Set("Location", location.String())
}

// endToEnd returns the header without what is about one connection, or about
// how a body travels.
func endToEnd(header http.Header) http.Header {
	kept := header.Clone()
	for _, name := range []string{
		"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
		"Accept-Encoding", "Content-Length",
	} {
		kept.Del(name)
	}
	return kept
}
