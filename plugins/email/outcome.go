package email

import (
	"crypto/x509"
	"errors"
	"net/textproto"
	"strings"
	"unicode"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/fault"
)

// maxAnswer bounds what of a server's reply becomes part of an error, in bytes.
const maxAnswer = 500

// decide attaches to the error of a session what the hub has to know: replies
// from 400 on are tried again and those from 500 on are final (RFC 5321,
// section 4.2.1), and what befalls the connection passes.
func decide(err error) error {
	if err == nil {
		return nil
	}
	code, _, isReply := replyOf(err)
	told := tellable(err)
	switch {
	case errors.Is(err, errLogin) && isReply && code >= 500, code == codeLoginWanted:
		return sdk.AuthFailed(told)
	case errors.Is(err, errMechanism), errors.Is(err, errEncryption), refusedByGuard(err), isReply && code >= 500:
		return sdk.Reject(told)
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return sdk.Reject(told)
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return sdk.Reject(told)
	}
	return &fault.Error{Origin: fault.OriginRemote, Transient: true, Err: told}
}

// codeLoginWanted is the reply of servers that take nothing without a login (RFC 4954, section 6).
const codeLoginWanted = 530

// replyOf returns the server's reply that an error is about.
func replyOf(err error) (code int, text string, ok bool) {
	reply, ok := errors.AsType[*textproto.Error](err)
	if !ok || reply.Code < 100 || reply.Code > 599 {
		return 0, "", false
	}
	return reply.Code, reply.Msg, true
}

// isTemporary tells whether a reply says to come again.
func isTemporary(err error) bool {
	code, _, ok := replyOf(err)
	return ok && code < 500
}

// mildest returns the refusal that leaves most hope.
func mildest(refusals []error) error {
	for _, refusal := range refusals {
		if isTemporary(refusal) {
			return refusal
		}
	}
	if len(refusals) == 0 {
		return nil
	}
	return refusals[0]
}

// tellable returns the error on one line and not longer than people read. It unwraps to the same.
func tellable(err error) error {
	text := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, err.Error())
	if len(text) > maxAnswer {
		text = text[:maxAnswer]
	}
	text = strings.ToValidUTF8(text, "")
	if text == err.Error() {
		return err
	}
	return &shortened{text: text, err: err}
}

// shortened is an error with another text.
type shortened struct {
	text string
	err  error
}

// Error implements error.
func (s *shortened) Error() string { return s.text }

// Unwrap returns the error whose text was too long.
func (s *shortened) Unwrap() error { return s.err }
