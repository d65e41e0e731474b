package email

import (
	"flag"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/notification"
)

var update = flag.Bool("update", false, "write the golden files")

// cpu is an alert about a processor, disk one about a file system.
func cpu() sdk.Alert {
	return sdk.Alert{
		ID: "pve1:101-cpu", Rule: "cpu", ResourceID: "pve1:101", ResourceName: "web-1", ResourceKind: "vm", Node: "pve1",
		Instance: "home", Severity: "critical", Message: "VM cpu at 97.2%", Value: 97.2, Threshold: 80,
		ValueText: "97.2%", ThresholdText: "80%", Started: at().Add(-10 * time.Minute), LastSeen: at(),
	}
}

func disk() sdk.Alert {
	return sdk.Alert{
		ID: "host:db-disk", Rule: "disk", ResourceID: "host:db", ResourceName: "db", ResourceKind: "host",
		Severity: "warning", Message: "Host disk at 91.0%", Value: 91, Threshold: 90,
		ValueText: "91.0%", ThresholdText: "90%", Started: at().Add(-time.Hour), LastSeen: at(),
	}
}

func firing() *sdk.Notification {
	return &sdk.Notification{
		DeliveryID: "01KAN9X4DS", Title: "VM cpu at 97.2% on web-1", Text: "Critical: VM cpu at 97.2% on web-1 (threshold 80%)",
		Severity: "critical", Phase: notification.PhaseFiring, Alerts: []sdk.Alert{cpu()}, Link: "https://pulse.example.com/alerts",
	}
}

func grouped() *sdk.Notification {
	m := firing()
	m.Title, m.Text = "2 alerts (1 critical)", "Critical: VM cpu at 97.2% on web-1\nWarning: Host disk at 91.0% on db"
	m.Alerts = append(m.Alerts, disk())
	return m
}

func escalated() *sdk.Notification {
	m := firing()
	m.Title, m.Escalation = "Escalation 2: VM cpu at 97.2% on web-1", 2
	return m
}

func resolved() *sdk.Notification {
	m := firing()
	m.Title, m.Text, m.Phase = "web-1 is well again", "Resolved: VM cpu at 97.2% on web-1", notification.PhaseResolved
	m.Alerts[0].Ended = at()
	return m
}

func tried() *sdk.Notification {
	m := firing()
	m.Title, m.Text, m.Phase, m.Severity = "Test", "This is a test of the channel.", notification.PhaseTest, "warning"
	m.Alerts[0].Severity = "warning"
	return m
}

func TestMailsAreWhatTheyWere(t *testing.T) {
	for name, m := range map[string]*sdk.Notification{
		"firing": firing(), "grouped": grouped(), "escalated": escalated(), "resolved": resolved(), "test": tried(),
		"info": {DeliveryID: "01KAN9X4DT", Title: "Weekly report", Text: "All is well.\nReally.", Phase: notification.PhaseInfo, Severity: "info"},
	} {
		t.Run(name, func(t *testing.T) {
			server := (&mailServer{encryption: "starttls", mechanisms: []string{"PLAIN"}}).start(t)
			c := server.config()
			c.To = append(c.To, "Night shift <night@example.com>")
			if err := open(t, c).Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			golden(t, name+".eml", string(server.taken()[0].text))
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	got = strings.ReplaceAll(got, "\r\n", "\n")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s: file (-) and mail (+) differ; review, then run the test with -update:\n%s", path, diff)
	}
}

func TestSubjects(t *testing.T) {
	critical, warning := cpu(), disk()
	for want, m := range map[string]*sdk.Notification{
		"[Pulse Alert] 1 Critical alert":                          {Phase: notification.PhaseFiring, Alerts: []sdk.Alert{critical}},
		"[Pulse Alert] 2 Warning alerts":                          {Phase: notification.PhaseFiring, Alerts: []sdk.Alert{warning, warning}},
		"[Pulse Alert] 1 Critical, 2 Warning alerts":              {Phase: notification.PhaseFiring, Alerts: []sdk.Alert{warning, critical, warning}},
		"[Pulse Alert] Escalation 1: 1 Critical alert":            {Phase: notification.PhaseFiring, Escalation: 1, Alerts: []sdk.Alert{critical}},
		"[Pulse Alert] Critical: CPU on web-1":                    {Phase: notification.PhaseTest, Alerts: []sdk.Alert{critical}},
		"[Pulse Alert] Warning: Disk on db":                       {Phase: notification.PhaseTest, Alerts: []sdk.Alert{warning}},
		"Pulse alert resolved: db":                                {Phase: notification.PhaseResolved, Alerts: []sdk.Alert{warning}},
		"Pulse alerts resolved (2)":                               {Phase: notification.PhaseResolved, Alerts: []sdk.Alert{warning, critical}},
		"Something to know":                                       {Phase: notification.PhaseInfo, Title: "Something to know"},
		"Test of a channel":                                       {Phase: notification.PhaseTest, Title: "Test of a channel"},
		"Pulse alert resolved: Bcc: a@example.com":                {Phase: notification.PhaseResolved, Alerts: []sdk.Alert{{ResourceName: "Bcc:\u202e a@example.com\r\n"}}},
		"Pulse alert resolved: " + strings.Repeat("é", 178) + "…": {Phase: notification.PhaseResolved, Alerts: []sdk.Alert{{ResourceName: strings.Repeat("é", 9000)}}},
	} {
		if got := subject(m); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTriesOfADeliveryAreOneMessage(t *testing.T) {
	n := open(t, (&mailServer{}).start(t).config())
	id := func(delivery string) string {
		m := firing()
		m.DeliveryID = delivery
		letter, err := n.letters.write(m)
		if err != nil {
			t.Fatal(err)
		}
		return letter.id
	}
	if got, want := id("01KAN9X4DS"), "<pulse.01KAN9X4DS@example.com>"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if odd := id("a b>\r\nX-Evil: 1"); odd != id("a b>\r\nX-Evil: 1") || odd == id("other > id") {
		t.Errorf("got %s for ids that are no words", odd)
	}
}

// FuzzLetter writes mails about things with hostile names.
func FuzzLetter(f *testing.F) {
	f.Add(`"quoted"`, "two\r\nBcc: evil@example.com", "{{.}}<script>alert(1)</script>")
	f.Add(strings.Repeat("long ", 2000), "\u202eright to left שלום", "\x00\xff]]>\n.\n.\r\n")
	f.Add("", "--=_pulse_0", "<!-- -->\u2028")
	from, to, err := (&config{From: "Pulse <a@example.com>"}).addresses()
	if err != nil {
		f.Fatal(err)
	}
	letters, err := newLetters(from, to, at)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name, title, text string) {
		for _, phase := range []string{notification.PhaseFiring, notification.PhaseResolved, notification.PhaseTest, notification.PhaseInfo} {
			m := &sdk.Notification{DeliveryID: title, Title: title, Text: text, Phase: phase, Link: text, Severity: name, Alerts: []sdk.Alert{
				{ResourceName: name, Message: text, Rule: title, Node: name, Instance: title, ResourceKind: text, ValueText: name, Severity: name},
			}}
			letter, err := letters.write(m)
			if err != nil {
				t.Fatal(err)
			}
			check(t, string(letter.text))
		}
	})
}

// check reads a mail as a mail program does, and expects the headers that
// were meant and no others, a text and a page without scripts.
func check(t *testing.T, text string) {
	t.Helper()
	message, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	for name := range message.Header {
		switch name {
		case "From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type", "Auto-Submitted",
			"Importance", "Priority", "X-Priority", "X-Msmail-Priority":
		default:
			t.Fatalf("there is a header %q in\n%s", name, text)
		}
	}
	for line := range strings.SplitSeq(text, "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
			t.Fatalf("there is a line of %d bytes", len(line))
		}
	}
	media, params, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil || media != "multipart/alternative" {
		t.Fatalf("content type %q: %v", message.Header.Get("Content-Type"), err)
	}
	parts := multipart.NewReader(message.Body, params["boundary"])
	for _, want := range []string{"text/plain", "text/html"} {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil || !strings.HasPrefix(part.Header.Get("Content-Type"), want) {
			t.Fatalf("part %v: %v", part.Header, err)
		}
		if want == "text/html" {
			checkPage(t, string(body))
		}
	}
	if _, err := parts.NextRawPart(); err != io.EOF {
		t.Fatalf("got %v, want the end", err)
	}
}

func checkPage(t *testing.T, page string) {
	t.Helper()
	allowed := map[string]bool{}
	for _, name := range strings.Fields("html head meta title body h1 bdi div p strong table tbody tr td a") {
		allowed[name] = true
	}
	tokens := html.NewTokenizer(strings.NewReader(page))
	for {
		switch kind := tokens.Next(); kind {
		case html.ErrorToken:
			return
		case html.CommentToken:
			t.Fatalf("there is a comment in\n%s", page)
		case html.StartTagToken, html.SelfClosingTagToken:
			token := tokens.Token()
			if !allowed[token.Data] {
				t.Fatalf("there is <%s> in\n%s", token.Data, page)
			}
			for _, attribute := range token.Attr {
				if strings.HasPrefix(attribute.Key, "on") || strings.HasPrefix(strings.ToLower(attribute.Val), "javascript:") {
					t.Fatalf("there is %s in\n%s", attribute.Key, page)
				}
			}
		}
	}
}

func BenchmarkLetter(b *testing.B) {
	from, to, err := (&config{From: "Pulse <a@example.com>"}).addresses()
	if err != nil {
		b.Fatal(err)
	}
	letters, err := newLetters(from, to, at)
	if err != nil {
		b.Fatal(err)
	}
	m := grouped()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := letters.write(m); err != nil {
			b.Fatal(err)
		}
	}
}
