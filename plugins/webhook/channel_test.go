package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/plugins/internal/notifytest"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/notification"
)

func TestAnswersDecide(t *testing.T) {
	for _, tt := range []struct {
		status  int
		header  string
		body    string
		outcome notification.Outcome
		wait    time.Duration
	}{
		{200, "", "", notification.OutcomeDelivered, 0},
		{204, "", "", notification.OutcomeDelivered, 0},
		{299, "", "", notification.OutcomeDelivered, 0},
		{304, "", "", notification.OutcomeRejected, 0},
		{400, "", `{"message":"bad"}`, notification.OutcomeRejected, 0},
		{401, "", "", notification.OutcomeRejected, 0},
		{404, "7", "", notification.OutcomeRejected, 0},
		{408, "", "", notification.OutcomeRetry, 0},
		{410, "", "", notification.OutcomeRejected, 0},
		{425, "", "", notification.OutcomeRetry, 0},
		{429, "7", "", notification.OutcomeRetry, 7 * time.Second},
		{429, "", `{"retry_after":0.5}`, notification.OutcomeRetry, 500 * time.Millisecond},
		{429, "", `{"ok":false,"parameters":{"retry_after":33}}`, notification.OutcomeRetry, 33 * time.Second},
		{429, "", `{"retry_after":1e300}`, notification.OutcomeRetry, time.Hour},
		{429, "", `{"retry_after":-1}`, notification.OutcomeRetry, 0},
		{429, "", `garbage`, notification.OutcomeRetry, 0},
		{500, "", "", notification.OutcomeRetry, 0},
		{503, "120", "", notification.OutcomeRetry, 2 * time.Minute},
	} {
		r := receive(t, func(w http.ResponseWriter, _ *http.Request) {
			if tt.header != "" {
				w.Header().Set("Retry-After", tt.header)
			}
			w.WriteHeader(tt.status)
			_, _ = io.WriteString(w, tt.body)
		})
		got := notifytest.Deliver(t.Context(), open(t, configFor(serviceDiscord, r.URL)), firing(cpuAlert("g1", 85)))
		if got.Outcome != tt.outcome || got.RetryAfter != tt.wait || got.Status != tt.status || got.Answer != tt.body {
			t.Errorf("%d %q: got %+v", tt.status, tt.header, got)
		}
		if (got.Error == "") != (tt.outcome == notification.OutcomeDelivered) || got.PayloadBytes == 0 {
			t.Errorf("%d: got %+v", tt.status, got)
		}
	}
}

func TestWhatIsNoAnswerIsTriedAgain(t *testing.T) {
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	for name, play := range map[string]http.HandlerFunc{
		"it hangs": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		},
		"it says nonsense": func(w http.ResponseWriter, _ *http.Request) {
			c, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(c, "nonsense\x00\r\n\r\n")
				_ = c.Close()
			}
		},
		"it breaks off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
		},
	} {
		r := receive(t, play)
		c := open(t, configFor(serviceTelegram, r.URL))
		c.settings.timeout = 200 * time.Millisecond
		got := notifytest.Deliver(t.Context(), c, firing(cpuAlert("g1", 85)))
		if got.Outcome != notification.OutcomeRetry || got.Error == "" || strings.Contains(got.Error, "AAsecret") {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestNobodyThereIsTriedAgain(t *testing.T) {
	r := receive(t, nil)
	r.Close()
	got := notifytest.Deliver(t.Context(), open(t, configFor(serviceTelegram, r.URL)), firing(cpuAlert("g1", 85)))
	if got.Outcome != notification.OutcomeRetry || strings.Contains(got.Error, "AAsecret") || got.Error == "" {
		t.Errorf("got %+v", got)
	}
}

func TestSlowWebhookHoldsUpNoOther(t *testing.T) {
	reached := make(chan struct{})
	slow := receive(t, func(_ http.ResponseWriter, r *http.Request) {
		close(reached)
		<-r.Context().Done()
	})
	quick := receive(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan notifytest.Delivered, 1)
	go func() {
		done <- notifytest.Deliver(ctx, open(t, configFor(serviceSlack, slow.URL)), firing(cpuAlert("g1", 85)))
	}()
	<-reached
	if got := notifytest.Deliver(t.Context(), open(t, configFor(serviceSlack, quick.URL)), firing(cpuAlert("g1", 85))); got.Outcome != notification.OutcomeDelivered {
		t.Errorf("got %+v", got)
	}
	cancel()
	if got := <-done; got.Outcome != notification.OutcomeRetry {
		t.Errorf("slow one: got %+v", got)
	}
}

func TestRedirectToAPrivateAddressIsRefused(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.2:0")
	if err != nil {
		t.Skipf("no second loopback address: %v", err)
	}
	inside := &receiver{}
	inside.Server = httptest.NewUnstartedServer(inside)
	_ = inside.Listener.Close() // the one on the first loopback address
	inside.Listener = listener
	inside.Start()
	t.Cleanup(inside.Close)
	target := "http://" + listener.Addr().String() + "/admin"
	r := receive(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target, http.StatusTemporaryRedirect)
	})
	got := notifytest.Deliver(t.Context(), open(t, configFor(serviceSlack, r.URL)), firing(cpuAlert("g1", 85)))
	if got.Outcome != notification.OutcomeRejected || got.Status != 0 || !strings.Contains(got.Error, "loopback") {
		t.Errorf("got %+v", got)
	}
	if visits := inside.take(); len(visits) > 0 {
		t.Errorf("%d requests came through", len(visits))
	}
}

func TestAnswersAreCutAndTellNoSecret(t *testing.T) {
	r := receive(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s ", r.Header.Get("Authorization"), r.URL.Query().Get("token"))
		_, _ = io.WriteString(w, strings.Repeat("ä", 2<<20))
	})
	c := configFor(serviceGotify, r.URL)
	c.Headers = `{"Authorization":"Bearer tk_sesame"}`
	got := notifytest.Deliver(t.Context(), open(t, c), firing(cpuAlert("g1", 85)))
	if len(got.Answer) > maxAnswer || len(got.Answer) < maxAnswer-4 || strings.Contains(got.Answer, "sesame") || strings.Contains(got.Answer, "AGotify") {
		t.Errorf("%d bytes: %.100q", len(got.Answer), got.Answer)
	}
}

func TestPaceIsTenInAMinute(t *testing.T) {
	r := receive(t, nil)
	c := open(t, configFor(serviceSlack, r.URL))
	now := told
	c.now = func() time.Time { return now }
	send := func(m *notification.Message) notifytest.Delivered { return notifytest.Deliver(t.Context(), c, m) }
	for i := range paceCount {
		if got := send(firing(cpuAlert("g1", 85))); got.Outcome != notification.OutcomeDelivered {
			t.Fatalf("message %d: %+v", i, got)
		}
		now = now.Add(time.Second)
	}
	got := send(firing(cpuAlert("g1", 85)))
	if got.Outcome != notification.OutcomeRetry || got.RetryAfter != 50*time.Second {
		t.Errorf("one too many: %+v", got)
	}
	if got := send(messages()["test"]); got.Outcome != notification.OutcomeDelivered {
		t.Errorf("a test has to wait: %+v", got)
	}
	now = now.Add(50 * time.Second)
	if got := send(firing(cpuAlert("g1", 85))); got.Outcome != notification.OutcomeDelivered {
		t.Errorf("a minute later: %+v", got)
	}
}

func TestHeaders(t *testing.T) {
	r := receive(t, nil)
	c := configFor(servicePagerDuty, r.URL)
	c.CustomFields = ""
	c.Headers = `{"ROUTING_KEY":"from-header","X-Team":"ops","X-Skipped":"{{.Node}}","Content-Type":"application/vnd.x+json"}`
	if got := notifytest.Deliver(t.Context(), open(t, c), firing(cpuAlert("g1", 85))); got.Error != "" {
		t.Fatal(got.Error)
	}
	one := r.take()[0]
	want := map[string]string{
		"Routing_key": "from-header", "X-Team": "ops", "X-Skipped": "", "Content-Type": "application/vnd.x+json", "User-Agent": userAgent,
	}
	for name, value := range want {
		if got := one.header.Get(name); got != value {
			t.Errorf("%s: got %q, want %q", name, got, value)
		}
	}
	var sent struct {
		RoutingKey string `json:"routing_key"`
	}
	if err := json.Unmarshal(one.body, &sent); err != nil || sent.RoutingKey != "from-header" {
		t.Errorf("got %s, error %v", one.body, err)
	}
}

func TestOwnTemplates(t *testing.T) {
	ended := over(cpuAlert("g1", 85))
	for _, tt := range []struct {
		name, service, template string
		message                 *notification.Message
		want                    string
	}{
		{"values", serviceGeneric, `{"m":"{{.Message | upper}}","v":{{.Value}},"f":"{{.ValueFormatted}} of {{.ThresholdFormatted}}","d":"{{.Duration}}","t":"{{.Type | title}}"}`,
			firing(cpuAlert("g1", 85)), `{"m":"HOST CPU AT 85.0%","v":85,"f":"85.0% of 80%","d":"6s","t":"Cpu"}`},
		{"all alerts", serviceSlack, `{"n":{{.AlertCount}},"l":[{{range $i, $a := .Alerts}}{{if $i}},{{end}}"{{$a.ResourceName}}"{{end}}]}`,
			firing(cpuAlert("g1", 85), cpuAlert("g2", 91)), `{"n":2,"l":["web-g1","web-g2"]}`},
		{"metadata and fields", serviceGeneric, `{"k":"{{.Metadata.resourceType}}","c":{{.Metadata.clearThreshold}},"none":"{{.Metadata.none}}","f":"{{.CustomFields.team}}"}`,
			firing(cpuAlert("g1", 85)), `{"k":"Host","c":75,"none":"","f":"o\"ps"}`},
		{"plain text for ntfy", serviceNtfy, `{{.Level}}: "{{.ResourceName}}"`, firing(cpuAlert("g1", 85)), `warning: "web-g1"`},
		{"one that tells of the end", serviceGeneric, `{"over":{{.Resolved}},"at":"{{.ResolvedAt}}"}`, ended, `{"over":true,"at":"2026-11-23T05:38:52Z"}`},
		{"test", serviceGeneric, `{"t":"{{.Title}}","e":"{{.Event}}"}`, messages()["test"], `{"t":"Test message from Pulse","e":"test"}`},
	} {
		r := receive(t, nil)
		c := configFor(tt.service, r.URL)
		c.Template, c.CustomFields = tt.template, `{"team":"o\"ps"}`
		if got := notifytest.Deliver(t.Context(), open(t, c), tt.message); got.Error != "" {
			t.Errorf("%s: %s", tt.name, got.Error)
			continue
		}
		if diff := cmp.Diff(tt.want, string(r.take()[0].body)); diff != "" {
			t.Errorf("%s: want (-), got (+):\n%s", tt.name, diff)
		}
	}
}

// TestATemplateThatKnowsNoEnd looks at what is sent when alerts are over and
// the template says the same as when they began.
func TestATemplateThatKnowsNoEnd(t *testing.T) {
	for service, member := range map[string]string{serviceGeneric: "resolvedAtIso", serviceSlack: "blocks"} {
		r := receive(t, nil)
		c := configFor(service, r.URL)
		c.Template = `{"text":"{{.Message}}"}`
		if got := notifytest.Deliver(t.Context(), open(t, c), over(cpuAlert("g1", 85))); got.Error != "" {
			t.Fatal(got.Error)
		}
		var sent map[string]any
		if err := json.Unmarshal(r.take()[0].body, &sent); err != nil || sent[member] == nil {
			t.Errorf("%s: got %v, error %v", service, sent, err)
		}
	}
}

func TestTemplatesThatMakeNothingAreRejected(t *testing.T) {
	r := receive(t, nil)
	for _, template := range []string{`no json`, `{"a":"{{.NoSuchField}}"}`, `{{range $i := 99999999}}{{end}}{}`, `{{template "missing"}}`} {
		c := configFor(serviceGeneric, r.URL)
		c.Template = template
		if got := notifytest.Deliver(t.Context(), open(t, c), firing(cpuAlert("g1", 85))); got.Outcome != notification.OutcomeRejected || got.Error == "" {
			t.Errorf("%s: got %+v", template, got)
		}
	}
	if sent := r.take(); len(sent) > 0 {
		t.Errorf("%d requests were made", len(sent))
	}
}

func TestURLTemplates(t *testing.T) {
	hostile := cpuAlert("g1", 85)
	hostile.ResourceName = "a b/../c?d=é&x#y"
	r := receive(t, nil)
	for _, tt := range []struct{ path, want string }{
		{"/{{.Level}}/{{.ResourceName}}", "/warning/a%20b%2F..%2Fc%3Fd=%C3%A9&x%23y"},
		{"/h?name={{.ResourceName}}&v={{.Value}}", "/h?name=a+b%2F..%2Fc%3Fd%3D%C3%A9%26x%23y&v=85"},
		{"/h?name={{urlquery .ResourceName}}", "/h?name=a+b%2F..%2Fc%3Fd%3D%C3%A9%26x%23y"},
		{"/{{pathescape .ResourceName}}", "/a%20b%2F..%2Fc%3Fd=%C3%A9&x%23y"},
		{"/{{raw .CustomFields.path}}", "/one/two"},
		{"?e={{.Event}}", "/?e=firing"},
	} {
		c := configFor(serviceGeneric, r.URL)
		c.URL, c.CustomFields = sdk.Secret(r.URL+tt.path), `{"path":"one/two"}`
		if got := notifytest.Deliver(t.Context(), open(t, c), firing(hostile)); got.Error != "" {
			t.Errorf("%s: %s", tt.path, got.Error)
			continue
		}
		if got := r.take()[0].uri; got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.path, got, tt.want)
		}
	}
}

func TestURLTemplateCannotLeaveItsHost(t *testing.T) {
	r := receive(t, nil)
	c := configFor(serviceGeneric, r.URL)
	c.URL, c.CustomFields = sdk.Secret(r.URL+"{{if true}}{{raw .CustomFields.rest}}{{end}}"), `{"rest":"@evil.example"}`
	if _, err := newChannel(c, surroundings{now: clock}); err == nil {
		t.Error("a template behind the host without a slash is taken")
	}
	c.URL = sdk.Secret(r.URL + "/{{raw .CustomFields.rest}}")
	if got := notifytest.Deliver(t.Context(), open(t, c), firing(cpuAlert("g1", 85))); got.Error != "" {
		t.Errorf("got %+v", got)
	}
}

func TestGetSendsNothingButTheURL(t *testing.T) {
	r := receive(t, nil)
	c := configFor(serviceGeneric, r.URL)
	c.Method = http.MethodGet
	if got := notifytest.Deliver(t.Context(), open(t, c), firing(cpuAlert("g1", 85))); got.Error != "" || got.PayloadBytes != 0 {
		t.Errorf("got %+v", got)
	}
	if one := r.take()[0]; one.method != http.MethodGet || len(one.body) > 0 || one.header.Get("Content-Type") != "" {
		t.Errorf("got %+v", one)
	}
}

func TestPagerDutyOfManyAlerts(t *testing.T) {
	var many []notification.Alert
	for i := range 60 {
		many = append(many, cpuAlert(fmt.Sprint("n", i), 85))
	}
	for _, tt := range []struct {
		name    string
		message *notification.Message
		want    int
	}{
		{"ten fire", firing(many[:10]...), 10},
		{"more fire", firing(many...), 1},
		{"many are over", over(many...), maxResolves},
	} {
		r := receive(t, nil)
		if got := notifytest.Deliver(t.Context(), open(t, configFor(servicePagerDuty, r.URL)), tt.message); got.Error != "" {
			t.Errorf("%s: %s", tt.name, got.Error)
		}
		if got := len(r.take()); got != tt.want {
			t.Errorf("%s: %d events, want %d", tt.name, got, tt.want)
		}
	}
}

func TestPushoverEmergencies(t *testing.T) {
	r := receive(t, nil)
	c := configFor(servicePushover, r.URL)
	c.CustomFields = `{"token":"AT","user":"UT","priority":"2","sound":"echo","device":"phone","retry":"90"}`
	opened := open(t, c)
	for _, m := range []*notification.Message{firing(cpuAlert("g1", 85)), over(cpuAlert("g1", 85))} {
		if got := notifytest.Deliver(t.Context(), opened, m); got.Error != "" {
			t.Fatal(got.Error)
		}
	}
	type message struct {
		Token, User, Sound, Device string
		Priority, Retry, Expire    int
	}
	want := []message{{"AT", "UT", "echo", "phone", 2, 90, 3600}, {"AT", "UT", "pushover", "phone", 0, 0, 0}}
	var got []message
	for _, one := range r.take() {
		var m message
		if err := json.Unmarshal(one.body, &m); err != nil {
			t.Fatal(err)
		}
		got = append(got, m)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}
