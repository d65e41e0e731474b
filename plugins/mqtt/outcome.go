package mqtt

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/eclipse/paho.golang/paho"

	"github.com/pulse-hub/pulse/plugins/internal/outward"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/fault"
)

// The reason codes that decide (MQTT 5.0, section 2.4). 0x80 and above are refusals.
const (
	firstRefusal      = 0x80
	codeVersion       = 0x84
	codeLogin         = 0x86
	codeNotAuthorized = 0x87
	codeUnavailable   = 0x88
	codeBusy          = 0x89
	codeQuota         = 0x97
	codeRate          = 0x9f
	codeOtherServer   = 0x9c
	codeUnspecified   = 0x80
)

// refusal is what a broker says instead of taking a connection or a message.
type refusal struct {
	what string
	code byte
	text string // the broker's own; may be empty
}

// Error implements error.
func (r *refusal) Error() string {
	text := fmt.Sprintf("%s: broker refuses with code 0x%02x", r.what, r.code)
	switch r.code {
	case codeVersion, oldVersion:
		text = fmt.Sprintf("%s: broker does not speak MQTT 5", r.what)
	case codeLogin:
		text = fmt.Sprintf("%s: broker does not accept user and password", r.what)
	case codeNotAuthorized:
		text = fmt.Sprintf("%s: broker does not permit it", r.what)
	}
	if r.text != "" {
		text += " (" + oneLine(r.text) + ")"
	}
	return text
}

// oldVersion is how brokers of MQTT 3 say codeVersion.
const oldVersion = 0x01

// maxReason bounds what of a broker's words becomes part of an error, in characters.
const maxReason = 200

func oneLine(text string) string {
	var b strings.Builder
	left := maxReason
	for _, r := range text {
		if left--; left < 0 {
			break
		}
		if unicode.IsControl(r) {
			r = ' '
		}
		b.WriteRune(r)
	}
	return b.String()
}

// refusalOf returns the broker's refusal of a connection if there is one, and the error if not.
func refusalOf(answer *paho.Connack, err error) error {
	if answer == nil || (answer.ReasonCode < firstRefusal && answer.ReasonCode != oldVersion) {
		return fmt.Errorf("log in: %w", err)
	}
	r := &refusal{what: "log in", code: answer.ReasonCode}
	if answer.Properties != nil {
		r.text = answer.Properties.ReasonString
	}
	return r
}

// decide attaches to the error of a session what the hub has to know.
func decide(err error) error {
	if err == nil {
		return nil
	}
	if r, ok := errors.AsType[*refusal](err); ok {
		switch r.code {
		case codeLogin, codeNotAuthorized:
			return sdk.AuthFailed(err)
		case codeUnavailable, codeBusy, codeQuota, codeRate, codeOtherServer, codeUnspecified:
			return again(err)
		}
		return sdk.Reject(err)
	}
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, otherName := errors.AsType[x509.HostnameError](err)
	if unknown || otherName || errors.Is(err, outward.ErrRefused) || errors.Is(err, paho.ErrInvalidArguments) {
		return sdk.Reject(err)
	}
	return again(err)
}

func again(err error) error {
	return &fault.Error{Origin: fault.OriginRemote, Transient: true, Err: err}
}
