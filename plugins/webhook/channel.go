package webhook

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/plugins/internal/outward"
	"github.com/pulse-hub/pulse/plugins/webhook/internal/language"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/notification"
	"github.com/pulse-hub/pulse/sdk/secret"
)

// What receivers know the sender by. They exist in the world.
const (
	userAgent     = "Pulse-Monitoring/2.0"
	testUserAgent = "Pulse-Monitoring/2.0 (Test)"
)

// testTimeout is how long somebody who tries a channel is kept waiting.
const testTimeout = 10 * time.Second

// errTimeout says that the time for a delivery is over.
var errTimeout = errors.New("the server does not answer in time")

// channel delivers messages to one webhook. It is safe for concurrent use.
type channel struct {
	settings *settings
	target   target
	own      *language.Template // the service's payload; nil: that of generic webhooks
	custom   *language.Template // the operator's; nil: none
	client   *outward.Client
	pace     pace
	redact   secret.Redactor
	now      func() time.Time
	log      hclog.Logger
}

func newChannel(c config, around surroundings) (*channel, error) {
	s, err := newSettings(&c)
	if err != nil {
		return nil, err
	}
	guard := outward.NewGuard(s.allow, around.resolver)
	out := &channel{settings: s, now: around.now, log: c.Instance.Log}
	if out.target, err = newTarget(string(c.URL), s.service, guard); err != nil {
		return nil, err
	}
	if err := out.readTemplates(c.Template); err != nil {
		return nil, err
	}
	out.redact = secret.NewRedactor(secretsOf(string(c.URL), s))
	out.client = outward.NewClient(guard)
	return out, nil
}

// Close gives up connections that are kept.
func (c *channel) Close() { c.client.Close() }

// Send delivers a message.
func (c *channel) Send(ctx context.Context, m *sdk.Notification) error {
	_, err := c.Deliver(ctx, m)
	return err
}

// Deliver delivers a message and says what the server answered. Of PagerDuty,
// which has an incident for each alert, it is the last of several answers.
func (c *channel) Deliver(ctx context.Context, m *sdk.Notification) (notification.Receipt, error) {
	isTest := m.Phase == notification.PhaseTest
	timeout := c.settings.timeout
	if isTest {
		timeout = min(timeout, testTimeout)
	} else if wait, ok := c.pace.take(c.now()); !ok {
		return c.told(posted{}, sdk.RetryAfter(wait, errPace))
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	sent := posted{}
	for _, part := range c.parts(m) {
		answer, err := c.post(ctx, part)
		sent.bytes += answer.bytes
		sent.Answer = answer.Answer
		if err != nil {
			return c.told(sent, err)
		}
	}
	return c.told(sent, nil)
}

// post makes one request of a message.
func (c *channel) post(ctx context.Context, m *sdk.Notification) (posted, error) {
	d := newData(m, c.settings, c.now())
	u, err := c.target.resolve(d, c.settings.service)
	if err != nil {
		return posted{}, err
	}
	request := outward.Request{Method: c.settings.method, URL: u}
	if request.Method != http.MethodGet {
		if request.Body, err = c.render(d); err != nil {
			return posted{}, err
		}
	}
	request.Header, request.OnlyHere = c.header(d)
	answer, err := c.client.Do(ctx, request)
	sent := posted{Answer: answer, bytes: len(request.Body)}
	if err != nil {
		return sent, undelivered(err)
	}
	return sent, judge(&answer)
}

// header returns the headers of a message, and which of them are for this server only.
func (c *channel) header(d *data) (header http.Header, onlyHere []string) {
	header = http.Header{"User-Agent": {userAgent}}
	if d.Event == notification.PhaseTest {
		header.Set("User-Agent", testUserAgent)
	}
	if c.settings.method != http.MethodGet {
		header.Set("Content-Type", contentType(c.settings.service))
	}
	switch c.settings.service {
	case serviceNtfy:
		for name, values := range ntfyHeaders(d) {
			header[name] = values
		}
	case serviceGeneric:
		if d.DeliveryID != "" && !strings.ContainsFunc(d.DeliveryID, isControl) {
			header.Set("Idempotency-Key", d.DeliveryID)
		}
	}
	for name, value := range c.settings.headers {
		header.Set(name, value)
		onlyHere = append(onlyHere, name)
	}
	return header, onlyHere
}
