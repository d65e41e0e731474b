package proxmoxapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"syscall"
	"time"

	"github.com/pulse-hub/pulse/sdk/fault"
)

// The codes of the errors of Client, besides those of package fault:
// fault.CodeAuth for a login that is refused, fault.CodeNotFound for a path
// that does not exist, fault.CodeRateLimited.
const (
	CodeDNS            = "dns"             // the host name is not known
	CodeRefused        = "refused"         // nothing listens there
	CodeUnreachable    = "unreachable"     // no way to the host, or the connection broke
	CodeTimeout        = "timeout"         // no answer in time
	CodeBusy           = "busy"            // no turn in time: other calls took too long; nothing was asked
	CodeTLS            = "tls"             // any other trouble with TLS
	CodeTLSFingerprint = "tls-fingerprint" // another certificate than the one that is pinned
	CodeTLSExpired     = "tls-expired"     // the certificate is not valid at this time
	CodeTLSUnknownCA   = "tls-unknown-ca"  // no trusted authority has signed it
	CodeTLSName        = "tls-name"        // the certificate is for another name
	CodeForbidden      = "forbidden"       // the account lacks a privilege
	CodeNodeDown       = "node-down"       // the endpoint cannot reach the node
	CodeNoQuorum       = "no-quorum"       // the cluster cannot decide
	CodeServerError    = "server-error"    // the server tried and failed
	CodeBadRequest     = "bad-request"     // the server does not understand what is asked
	CodeBadAnswer      = "bad-answer"      // what came is not what the API answers
	CodeRedirect       = "redirect"        // the server sends elsewhere
	CodeTooLarge       = "too-large"       // the answer is longer than Options.MaxBytes
	CodeClock          = "clock"           // the clocks of server and hub are far apart
)

// timeoutError is the cause of a context that a time limit of this package ended.
type timeoutError struct{ after time.Duration }

// Error names the limit.
func (e timeoutError) Error() string {
	return fmt.Sprintf("no answer within %v", e.after.Round(100*time.Millisecond))
}

func timedOut(after time.Duration) error { return timeoutError{after} }

// transportFault judges an error for which there is no HTTP status. The URL
// that net/http puts into its errors is left out, and so is the host if it is empty.
func transportFault(ctx context.Context, host string, err error) *fault.Error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err
	}
	code := transportCode(err)
	switch {
	case errors.Is(context.Cause(ctx), context.Canceled):
		return &fault.Error{Origin: fault.OriginCaller, Transient: true, Err: context.Canceled}
	case ctx.Err() != nil:
		code, err = CodeTimeout, timeLimit(ctx)
	}
	if host != "" {
		err = fmt.Errorf("%s: %w", host, err)
	}
	return &fault.Error{Origin: fault.OriginRemote, Code: code, Transient: !permanent(code), Err: err}
}

// timeLimit returns the cause of a context that ended, in words for people.
func timeLimit(ctx context.Context) error {
	if own, ok := errors.AsType[timeoutError](context.Cause(ctx)); ok {
		return own
	}
	return errors.New("no answer in time")
}

// permanent says whether somebody has to do something about errors of a code.
func permanent(code string) bool {
	switch code {
	case CodeTLSFingerprint, CodeTLSExpired, CodeTLSUnknownCA, CodeTLSName:
		return true
	}
	return false
}

func transportCode(err error) string {
	if code := tlsCode(err); code != "" {
		return code
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return CodeDNS
	}
	timeout, ok := errors.AsType[net.Error](err)
	switch {
	case ok && timeout.Timeout():
		return CodeTimeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return CodeRefused
	}
	return CodeUnreachable
}

// tlsCode returns the code of an error of a handshake, "" for any other.
func tlsCode(err error) string {
	if _, ok := errors.AsType[*changedError](err); ok {
		return CodeTLSFingerprint
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return CodeTLSName
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return CodeTLSUnknownCA
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if invalid.Reason == x509.Expired {
			return CodeTLSExpired
		}
		return CodeTLS
	}
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	_, verification := errors.AsType[*tls.CertificateVerificationError](err)
	if record || alert || verification || errors.Is(err, errNoCertificate) {
		return CodeTLS
	}
	return ""
}
