package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/notify"
	"github.com/pulse-hub/pulse/hub/internal/notify/channel"
	"github.com/pulse-hub/pulse/hub/internal/notify/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// Channels is what people can be told by, as channel.Channels. The errors are those of that package.
type Channels interface {
	List(ctx context.Context) ([]notify.Channel, error)
	// Try hands a message to a channel that is not kept, with the secrets it was given.
	Try(ctx context.Context, one instance.Instance, message *notification.Message) (notification.Result, error)
}

// The longest that tests may take: of a webhook that is not kept, of another channel, and of all together.
const (
	webhookTestTimeout = 10 * time.Second
	channelTestTimeout = 40 * time.Second
)

// errChannelTimeout is the cause when a channel does not answer in time.
var errChannelTimeout = errors.New("the channel did not answer in time")

// ChannelTest says what is to be tested. Without anything, every channel that is enabled is.
type ChannelTest struct {
	Method    string          `json:"method,omitempty" enum:"email,webhook,apprise"`
	Type      string          `json:"type,omitempty" enum:"email,webhook,apprise" description:"The same as method."`
	Config    json.RawMessage `json:"config,omitempty" description:"Email or Apprise as it would be configured; without it, as it is."`
	WebhookID string          `json:"webhookId,omitempty" description:"Without it, the first webhook that is enabled."`
}

// ChannelTested says that a test message was delivered.
type ChannelTested struct {
	Status  string `json:"status" description:"\"success\""`
	Message string `json:"message"`
}

func (a *API) channelTestRoutes() []route.Route {
	return []route.Route{
		channelWrite(route.Route{
			Methods: []string{http.MethodPost}, Path: "test", Summary: "Send a test message",
			Description: "Answers once it was delivered, and with 400 and the reason if it was not. Without a body, or with an empty object, every channel that is enabled is tested.",
			Body:        ChannelTest{}, Answer: ChannelTested{}, Handle: a.testChannel,
		}),
		channelWrite(route.Route{
			Methods: []string{http.MethodPost}, Path: "webhooks/test", Summary: "Send a test message to a webhook that is not kept",
			Description: "What is masked is that of the webhook with the id. Answers 400 with the same members if it was not delivered.",
			Body:        notifications.Webhook{}, Answer: WebhookTested{}, Handle: a.testWebhook,
		}),
	}
}

func (a *API) testChannel(c *route.Call) (any, error) {
	body, err := io.ReadAll(c.Request.Body)
	if err != nil {
		return nil, unreadBody(err)
	}
	var test ChannelTest
	if len(strings.TrimSpace(string(body))) > 0 {
		if err := json.Unmarshal(body, &test); err != nil {
			return nil, route.BadRequestText(err.Error())
		}
	}
	ctx, cancel := context.WithTimeoutCause(c.Context(), channelTestTimeout, errChannelTimeout)
	defer cancel()
	if err := a.runTest(ctx, &test); err != nil {
		return nil, err
	}
	return ChannelTested{Status: "success", Message: "Test notification sent"}, nil
}

func (a *API) runTest(ctx context.Context, test *ChannelTest) error {
	method := cmp.Or(test.Method, test.Type)
	if string(test.Config) == "null" {
		test.Config = nil
	}
	switch {
	case method == "email":
		return a.testEmail(ctx, test.Config)
	case method == "apprise":
		return a.testApprise(ctx, test.Config)
	case method == "webhook":
		return a.testStoredWebhook(ctx, test.WebhookID)
	case method == "" && len(test.Config) == 0 && test.WebhookID == "":
		return a.testAll(ctx)
	}
	return route.BadRequestText("unknown notification method: " + method)
}

func (a *API) testEmail(ctx context.Context, config json.RawMessage) error {
	if len(config) == 0 {
		stored, err := a.ChannelSettings.Email(ctx)
		if err != nil {
			return err
		}
		if err := usableEmail(stored, ""); err != nil {
			return err
		}
		return a.testKept(ctx, setup.EmailID)
	}
	var said notifications.Email
	if err := json.Unmarshal(config, &said); err != nil {
		return route.BadRequestText(err.Error())
	}
	if err := usableEmail(said, " in the provided configuration"); err != nil {
		return err
	}
	one, err := a.ChannelSettings.TryEmail(ctx, said)
	if err != nil {
		return channelFailure(err)
	}
	return delivered(a.try(ctx, one))
}

func usableEmail(e notifications.Email, where string) error {
	switch {
	case !e.Enabled:
		return route.BadRequestText("email notifications are not enabled" + where)
	case !e.Complete():
		return route.BadRequestText("email configuration is incomplete: SMTP host and from address are required")
	}
	return nil
}

func (a *API) testApprise(ctx context.Context, config json.RawMessage) error {
	const disabled = "apprise notifications are not enabled"
	if len(config) == 0 {
		stored, err := a.ChannelSettings.Apprise(ctx)
		if err != nil {
			return err
		}
		if !stored.Enabled {
			return route.BadRequestText(disabled)
		}
		return a.testKept(ctx, setup.AppriseID)
	}
	var said notifications.Apprise
	if err := json.Unmarshal(config, &said); err != nil {
		return route.BadRequestText(err.Error())
	}
	if missing := said.Missing(); said.Enabled && missing != "" {
		return route.BadRequestText(disabled + " in the provided configuration: " + missing)
	}
	if !said.Enabled {
		return route.BadRequestText(disabled + " in the provided configuration")
	}
	one, err := a.ChannelSettings.TryApprise(ctx, said)
	if err != nil {
		return channelFailure(err)
	}
	return delivered(a.try(ctx, one))
}

// testAll tests every channel that is enabled, whatever came of those before, and names those that failed.
func (a *API) testAll(ctx context.Context) error {
	all, err := a.Channels.List(ctx)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(one notify.Channel) bool { return !one.Enabled })
	if len(all) == 0 {
		return route.BadRequestText("no enabled notification channels found")
	}
	var failed []string
	for i, err := range a.testEach(ctx, all) {
		var known *route.Error
		if errors.As(err, &known) {
			failed = append(failed, all[i].Name+": "+known.Message)
		} else if err != nil {
			return err
		}
	}
	if len(failed) > 0 {
		return route.BadRequestText(strings.Join(failed, "\n"))
	}
	return nil
}

// testsAtOnce bounds the channels that are tested at the same time.
const testsAtOnce = 8

// testEach tests channels and returns what came of each.
func (a *API) testEach(ctx context.Context, channels []notify.Channel) []error {
	outcomes, slots := make([]error, len(channels)), make(chan struct{}, testsAtOnce)
	var tests sync.WaitGroup
	for i, one := range channels {
		slots <- struct{}{}
		tests.Go(func() {
			defer func() { <-slots }()
			outcomes[i] = delivered(a.Notifications.Test(ctx, notify.Trial{Channel: one}))
		})
	}
	tests.Wait()
	return outcomes
}

// testKept sends a test message to a channel that is kept.
func (a *API) testKept(ctx context.Context, id string) error {
	all, err := a.Channels.List(ctx)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(one notify.Channel) bool { return one.ID == id })
	if at < 0 {
		return undelivered(channel.ErrUnknown)
	}
	return delivered(a.Notifications.Test(ctx, notify.Trial{Channel: all[at]}))
}

// try sends a test message to a channel that is not kept.
func (a *API) try(ctx context.Context, one instance.Instance) (notification.Result, error) {
	return a.Notifications.Test(ctx, notify.Trial{
		Channel: channel.Of(one),
		Send: func(ctx context.Context, message *notification.Message) (notification.Result, error) {
			return a.Channels.Try(ctx, one, message)
		},
	})
}

// delivered returns nil for a message that was delivered, and else the answer that says why it was not.
func delivered(result notification.Result, err error) error {
	if err != nil {
		return undelivered(err)
	}
	if result.Outcome == notification.OutcomeDelivered {
		return nil
	}
	return route.BadRequestText(reason(&result))
}

// reason says why a message was not delivered.
func reason(result *notification.Result) string {
	switch {
	case result.Error != "":
		return result.Error
	case result.Status != 0:
		return fmt.Sprintf("the service answered %d", result.Status)
	}
	return "the channel did not say why the message was not delivered"
}

// undelivered returns the answer for a channel that could not be asked.
func undelivered(err error) error {
	if errors.Is(err, channel.ErrUnknown) {
		return route.NotFoundText("Channel not found")
	}
	if refused := setup.Refusal(err); refused != nil {
		return channelFailure(refused)
	}
	return route.BadRequestText(err.Error())
}
