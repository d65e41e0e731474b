package recording

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"github.com/hashicorp/go-hclog"
)

const (
	// dialTimeout bounds each step of connecting to the other side.
	dialTimeout = 10 * time.Second
	// answerTimeout is how long the other side may take to begin an answer.
	answerTimeout = 2 * time.Minute
)

// Errors of proxies.
var (
	// ErrTarget says that an address is none that a proxy can stand in for.
	ErrTarget = errors.New("the address is not an http or https URL")
	// ErrNotListening says that Run came before Listen.
	ErrNotListening = errors.New("the proxy does not listen")
)

// Proxy stands between a plugin and its other side and records what they say.
// It listens on the loopback interface and speaks HTTP, whatever the other
// side speaks; protocols that it is asked to switch to are passed on unrecorded.
type Proxy struct {
	recorder  *Recorder
	target    *url.URL
	transport *http.Transport

	loopback *loopback // nil until Listen
}

// NewProxy returns a proxy for the scheme, host and port of an address. It
// does nothing before Listen and Run.
func (r *Recorder) NewProxy(target string, trust Trust) (*Proxy, error) {
	parsed, err := url.Parse(target)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return nil, ErrTarget // which may hold a password, and is not repeated
	}
	config, err := trust.config()
	if err != nil {
		return nil, err
	}
	return &Proxy{
		recorder: r,
		target:   &url.URL{Scheme: parsed.Scheme, Host: parsed.Host},
		transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
			TLSClientConfig:     config,
			TLSHandshakeTimeout: dialTimeout, ResponseHeaderTimeout: answerTimeout, IdleConnTimeout: time.Minute,
			ForceAttemptHTTP2: true, DisableCompression: true, MaxResponseHeaderBytes: maxHeaderBytes,
		},
	}, nil
}

// Listen takes a port and returns the URL that the plugin is to be given
// instead of the other side's, without a path.
func (p *Proxy) Listen(ctx context.Context) (string, error) {
	var err error
	if p.loopback, err = listen(ctx, p); err != nil {
		return "", err
	}
	own := p.loopback.address()
	recorded := map[string]string{own: Upstream, p.target.String(): "http://" + Upstream}
	if p.target.Port() != "" {
		recorded[p.target.Host] = Upstream
	}
	p.recorder.standFor(recorded)
	return "http://" + own, nil
}

// Run forwards requests until the context is done.
func (p *Proxy) Run(ctx context.Context) error {
	if p.loopback == nil {
		return ErrNotListening
	}
	defer p.transport.CloseIdleConnections()
	return p.loopback.run(ctx)
}

// ServeHTTP forwards one request.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := &pendingExchange{recorder: p.recorder, exchange: Exchange{
		Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Began: time.Now(),
		Asked: Content{Header: endToEnd(r.Header)},
	}}
	defer e.end()
	r.Body = captured(r.Body, r.ContentLength, e, func(x *Exchange) *Content { return &x.Asked })
	forward := httputil.ReverseProxy{
		Rewrite:        p.rewrite,
		ModifyResponse: func(answer *http.Response) error { return p.answered(answer, e) },
		ErrorHandler:   func(w http.ResponseWriter, r *http.Request, err error) { failed(w, r, e, err) },
		Transport:      p.transport,
		ErrorLog:       hclog.NewNullLogger().StandardLogger(nil), // what matters is recorded
	}
	forward.ServeHTTP(w, r)
}

// rewrite makes the request one to the other side. Compressed answers could
// not be looked through for secrets.
func (p *Proxy) rewrite(r *httputil.ProxyRequest) {
	r.SetURL(p.target)
	r.Out.URL.RawQuery = r.In.URL.RawQuery
	r.Out.Header.Del("Accept-Encoding")
}

// failed answers for the other side.
func failed(w http.ResponseWriter, r *http.Request, e *pendingExchange, err error) {
	text := err.Error()
	if r.Context().Err() != nil {
		text = "the plugin gave the request up"
	}
	e.change(func(x *Exchange) { x.Status, x.Failure = http.StatusBadGateway, text })
	w.WriteHeader(http.StatusBadGateway)
}
