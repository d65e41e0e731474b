package email

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/plugins/internal/notifytest"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// at is the time of all tests.
func at() time.Time { return time.Date(2026, 11, 23, 18, 30, 0, 0, time.UTC) }

func open(t testing.TB, c config) *notifier {
	t.Helper()
	c.Instance.Log = hclog.NewNullLogger()
	n, err := newNotifier(c, at)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestMailIsDeliveredHoweverTheServerWantsIt(t *testing.T) {
	for _, tt := range []struct {
		name, encryption, auth string
		offered                []string
		want                   string // mechanism
	}{
		{"plain", "", authAuto, nil, ""},
		{"starttls", "starttls", authAuto, nil, ""},
		{"tls", "tls", authAuto, nil, ""},
		{"starttls and the best login", "starttls", authAuto, []string{"LOGIN", "CRAM-MD5", "PLAIN"}, "PLAIN"},
		{"tls and the only login", "tls", authAuto, []string{"LOGIN"}, "LOGIN"},
		{"login by name", "starttls", authLogin, []string{"PLAIN", "LOGIN"}, "LOGIN"},
		{"cram by name", "starttls", authCRAMMD5, []string{"PLAIN", "CRAM-MD5"}, "CRAM-MD5"},
		{"not encrypted, password not shown", "", authAuto, []string{"PLAIN", "CRAM-MD5"}, "CRAM-MD5"},
		{"not encrypted, as the operator says", "", authPlain, []string{"PLAIN"}, "PLAIN"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := (&mailServer{encryption: tt.encryption, mechanisms: tt.offered}).start(t)
			c := server.config()
			c.Auth = tt.auth
			n := open(t, c)
			result := notifytest.Deliver(t.Context(), n, firing())
			if result.Outcome != notification.OutcomeDelivered || result.Status != 250 || result.PayloadBytes == 0 {
				t.Fatalf("got %+v, want it delivered", result)
			}
			mails := server.taken()
			if len(mails) != 1 {
				t.Fatalf("got %d mails, want 1", len(mails))
			}
			got := mails[0]
			if got.encrypted != (tt.encryption != "") || got.mechanism != tt.want || got.from != "pulse@example.com" {
				t.Errorf("got encrypted=%v mechanism=%q from=%q, want mechanism %q", got.encrypted, got.mechanism, got.from, tt.want)
			}
			if diff := cmp.Diff([]string{"ops@example.com"}, got.to); diff != "" {
				t.Error(diff)
			}
			if result.Health != sdk.HealthOK {
				t.Errorf("got health %d", result.Health)
			}
		})
	}
}

func TestWithoutRecipientsTheSenderGetsIt(t *testing.T) {
	server := (&mailServer{}).start(t)
	c := server.config()
	c.To = nil
	if err := open(t, c).Send(t.Context(), firing()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"pulse@example.com"}, server.taken()[0].to); diff != "" {
		t.Error(diff)
	}
}

func TestWhatGoesWrongIsDecided(t *testing.T) {
	code := func(code int) error { return &smtp.SMTPError{Code: code, Message: "no such luck"} }
	for _, tt := range []struct {
		name   string
		server *mailServer
		change func(*config)
		want   notification.Outcome
		status int
		health sdk.HealthState
		text   string
	}{
		{"wrong password", &mailServer{encryption: "starttls", mechanisms: []string{"PLAIN"}}, func(c *config) { c.Password = "something else" },
			notification.OutcomeRejected, 535, sdk.HealthAuthFailed, "login"},
		{"no login where one is wanted", &mailServer{mechanisms: []string{"PLAIN"}}, func(c *config) { c.Auth = authNone },
			notification.OutcomeRejected, 530, sdk.HealthAuthFailed, "Authentication required"},
		{"password would be readable", &mailServer{mechanisms: []string{"PLAIN"}}, nil,
			notification.OutcomeRejected, 0, sdk.HealthFailed, "not encrypted"},
		{"login that is not offered", &mailServer{mechanisms: []string{"PLAIN"}}, func(c *config) { c.Auth = authCRAMMD5 },
			notification.OutcomeRejected, 0, sdk.HealthFailed, "CRAM-MD5"},
		{"server takes no login", &mailServer{}, func(c *config) { c.Username, c.Password = "u", "password" },
			notification.OutcomeRejected, 0, sdk.HealthFailed, "takes no login"},
		{"no STARTTLS", &mailServer{}, func(c *config) { c.StartTLS = true },
			notification.OutcomeRejected, 0, sdk.HealthFailed, "offers no STARTTLS"},
		{"TLS where STARTTLS is meant", &mailServer{encryption: "starttls"}, func(c *config) { c.TLS = true },
			notification.OutcomeRejected, 0, sdk.HealthFailed, "is STARTTLS meant"},
		{"unknown authority", &mailServer{encryption: "starttls"}, func(c *config) { c.CACertificate = "" },
			notification.OutcomeRejected, 0, sdk.HealthFailed, "unknown authority"},
		{"mailbox full", &mailServer{refuse: func(string) error { return code(452) }}, nil,
			notification.OutcomeRetry, 452, sdk.HealthFailed, "ops@example.com"},
		{"no such mailbox", &mailServer{refuse: func(string) error { return code(550) }}, nil,
			notification.OutcomeRejected, 550, sdk.HealthFailed, "no such luck"},
		{"server busy", &mailServer{refuseMail: code(451)}, nil, notification.OutcomeRetry, 451, sdk.HealthFailed, "no such luck"},
		{"taken for spam", &mailServer{refuseMail: code(554)}, nil, notification.OutcomeRejected, 554, sdk.HealthFailed, "no such luck"},
		{"nobody there", &mailServer{}, func(c *config) { c.Port = 1 }, notification.OutcomeRetry, 0, sdk.HealthFailed, "connect"},
		{"metadata service", &mailServer{}, func(c *config) { c.Server = "169.254.169.254" },
			notification.OutcomeRejected, 0, sdk.HealthFailed, "refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.server.start(t).config()
			if tt.change != nil {
				tt.change(&c)
			}
			n := open(t, c)
			got := notifytest.Deliver(t.Context(), n, firing())
			if got.Outcome != tt.want || got.Status != tt.status || !strings.Contains(got.Error, tt.text) {
				t.Errorf("got %+v, want outcome %d, status %d and %q", got, tt.want, tt.status, tt.text)
			}
			if strings.Contains(got.Error+got.Answer, testPassword) {
				t.Error("the password is told")
			}
			if got.Health != tt.health {
				t.Errorf("got health %d, want %d", got.Health, tt.health)
			}
			if mails := tt.server.taken(); len(mails) != 0 {
				t.Errorf("got %d mails, want none", len(mails))
			}
		})
	}
}

// TestRecipientsWhoComeLaterAreToldAlone has a server that puts one of three
// recipients off and refuses another.
func TestRecipientsWhoComeLaterAreToldAlone(t *testing.T) {
	putOff := true
	server := (&mailServer{refuse: func(to string) error {
		switch {
		case to == "late@example.com" && putOff:
			return &smtp.SMTPError{Code: 450, Message: "greylisted"}
		case to == "never@example.com":
			return &smtp.SMTPError{Code: 550, Message: "unknown"}
		}
		return nil
	}}).start(t)
	c := server.config()
	c.To = []string{"now@example.com", "late@example.com", "never@example.com", "now@example.com"}
	n := open(t, c)
	if got := notifytest.Deliver(t.Context(), n, firing()); got.Outcome != notification.OutcomeRetry || !strings.Contains(got.Error, "1 of 3") {
		t.Fatalf("first try: %+v", got)
	}
	putOff = false
	if got := notifytest.Deliver(t.Context(), n, firing()); got.Outcome != notification.OutcomeDelivered || !strings.Contains(got.Answer, "never@example.com") {
		t.Fatalf("second try: %+v", got)
	}
	var told [][]string
	for _, mail := range server.taken() {
		told = append(told, mail.to)
	}
	if diff := cmp.Diff([][]string{{"now@example.com"}, {"late@example.com"}}, told); diff != "" {
		t.Error(diff)
	}
	if len(n.told.order) != 0 || len(n.told.by) != 0 {
		t.Errorf("kept %v of a delivery that is over", n.told.by)
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	var told told
	for i := range 3 * maxTold {
		told.add(strings.Repeat("x", i+1), []string{"a@example.com"})
	}
	told.add("", []string{"a@example.com"})
	if len(told.by) != maxTold || len(told.order) != maxTold {
		t.Errorf("got %d and %d deliveries, want %d", len(told.by), len(told.order), maxTold)
	}
}

// listen runs a server of one connection that says what it likes.
func listen(t *testing.T, talk func(net.Conn)) config {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		talk(conn)
	}()
	t.Cleanup(func() { listener.Close(); <-ended })
	return config{Server: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, From: "a@example.com", Auth: authAuto}
}

func TestAServerThatHangsIsLeft(t *testing.T) {
	reached := make(chan struct{})
	c := listen(t, func(conn net.Conn) {
		close(reached)
		_, _ = io.Copy(io.Discard, conn) // until the other side gives up
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() { <-reached; cancel(errors.New("the test is over")) }()
	got := notifytest.Deliver(ctx, open(t, c), firing())
	if got.Outcome != notification.OutcomeRetry || !strings.HasSuffix(got.Error, "the test is over") {
		t.Errorf("got %+v", got)
	}
}

func TestAServerThatTalksForeverIsLeft(t *testing.T) {
	c := listen(t, func(conn net.Conn) {
		for {
			if _, err := conn.Write([]byte(strings.Repeat("220-", 1000))); err != nil {
				return
			}
		}
	})
	got := notifytest.Deliver(t.Context(), open(t, c), firing())
	if got.Outcome != notification.OutcomeRetry || !strings.Contains(got.Error, errTalkative.Error()) {
		t.Errorf("got %+v", got)
	}
}

func TestATrySendsNothing(t *testing.T) {
	server := (&mailServer{encryption: "starttls", mechanisms: []string{"PLAIN"}}).start(t)
	got, err := open(t, server.config()).Test(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"encryption": "TLS 1.3", "login": "PLAIN"}, got.Facts); diff != "" {
		t.Error(diff)
	}
	if len(server.taken()) != 0 || server.rcpts != 0 {
		t.Error("something was sent")
	}
}

func TestUsersThatServicesKnow(t *testing.T) {
	for server, want := range map[string]string{
		"smtp.sendgrid.net": "apikey", "smtp.sparkpostmail.com": "SMTP_Injection", "SMTP.resend.com.": "resend",
		"smtp.postmarkapp.com": "the password", "smtp.example.com": "",
	} {
		c := config{Server: server, Password: "the password"}
		if user, _ := c.login(); user != want {
			t.Errorf("%s: got %q, want %q", server, user, want)
		}
	}
}
