package email

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page
	"encoding/hex"
	"fmt"
	"html/template"
	"net/mail"
	"regexp"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/notification"
)

//go:embed page.html
var pageSource string

// letters writes messages as mail (RFC 5322, MIME). It is safe for concurrent use.
type letters struct {
	from *mail.Address
	to   []*mail.Address
	now  func() time.Time
	page *template.Template
}

func newLetters(from *mail.Address, to []*mail.Address, now func() time.Time) (*letters, error) {
	page, err := template.New("page").Parse(pageSource)
	if err != nil {
		return nil, fmt.Errorf("parse page: %w", err)
	}
	return &letters{from: from, to: to, now: now, page: page}, nil
}

// letter is one mail.
type letter struct {
	id   string // Message-ID
	text []byte
}

// write writes a message. All tries of a delivery have the same Message-ID,
// which is how mailboxes tell that a mail came twice.
func (l *letters) write(m *sdk.Notification) (*letter, error) {
	page, err := l.render(m)
	if err != nil {
		return nil, fmt.Errorf("render page: %w", err)
	}
	key := deliveryKey(m, l.now())
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithBoundary("pulse-"+boundary(key)))
	msg.FromMailAddress(l.from)
	msg.ToMailAddress(l.to...)
	msg.Subject(subject(m))
	msg.SetDateWithValue(l.now())
	msg.SetMessageIDWithValue(key + "@" + domainOf(l.from.Address))
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody is to answer
	if m.Severity == "critical" && m.Phase == notification.PhaseFiring {
		msg.SetImportance(gomail.ImportanceHigh)
	}
	msg.SetBodyString(gomail.TypeTextPlain, plain(m))
	msg.AddAlternativeString(gomail.TypeTextHTML, page)
	var text bytes.Buffer
	if _, err := msg.WriteTo(&text); err != nil {
		return nil, fmt.Errorf("write mail: %w", err)
	}
	return &letter{id: msg.GetMessageID(), text: text.Bytes()}, nil
}

// deliveryKey is the left side of a Message-ID: the delivery id if it fits there.
func deliveryKey(m *sdk.Notification, now time.Time) string {
	id := m.DeliveryID
	if id == "" { // a message of nobody's; it is never tried again
		id = m.Title + now.String()
	}
	if regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`).MatchString(id) {
		return "pulse." + id
	}
	return "pulse." + boundary(id)
}

func boundary(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:12])
}

func domainOf(address string) string {
	return address[strings.LastIndexByte(address, '@')+1:]
}

// maxText bounds the text of a message, in bytes.
const maxText = 64 << 10

// plain is the message as text.
func plain(m *sdk.Notification) string {
	text := m.Text
	if text == "" {
		text = m.Title
	}
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	text = strings.TrimRight(strings.ToValidUTF8(strings.ReplaceAll(text, "\r\n", "\n"), "\uFFFD"), "\n") + "\n"
	if m.Link != "" && !strings.Contains(text, m.Link) {
		text += "\n" + oneLine(m.Link, maxName) + "\n"
	}
	return text
}
