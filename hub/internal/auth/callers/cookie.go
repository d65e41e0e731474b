package callers

import (
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/device"
	"github.com/pulse-hub/pulse/hub/internal/auth/session"
)

// The cookies of browsers that are or were signed in.
const (
	// DeviceCookie holds the mark of a browser that somebody has signed in with; it comes with attempts to sign in only.
	DeviceCookie = "pulse_device"
	// SessionCookie holds the secret of a session; scripts cannot read it.
	SessionCookie = "pulse_session"
	// CSRFCookie holds the token against forged requests, for the page to send in CSRFHeader.
	CSRFCookie = "pulse_csrf"
)

// DevicePath is where browsers send DeviceCookie to.
const DevicePath = "/api/login"

// CSRFHeader is the header that changes carry the token against forged requests in.
const CSRFHeader = "X-CSRF-Token"

// maxCSRF bounds the token that a request may bring, in bytes.
const maxCSRF = 256

// Browsers sets the cookies of browsers and guards against forged requests. It
// is safe for concurrent use.
type Browsers struct {
	Sessions Sessions
	// Marks returns a new mark for a browser of a user; nil: browsers get none.
	Marks  func(user string) string
	Logger hclog.Logger
	// Framed says whether pages of other sites may show the hub in a frame, for
	// which cookies have to be sent from there; nil: never.
	Framed func() bool
}

// Genuine reports whether the request carries the token of its session, in the
// header or in the field csrf_token of a form.
func (b *Browsers) Genuine(r *http.Request, principal *auth.Principal) bool {
	token := r.Header.Get(CSRFHeader)
	if token == "" && strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		token = r.PostFormValue("csrf_token")
	}
	return token != "" && len(token) <= maxCSRF && b.Sessions.CheckCSRF(principal.Session, token)
}

// Renew gives the browser another token, in the header and a cookie.
func (b *Browsers) Renew(w http.ResponseWriter, r *http.Request, principal *auth.Principal, from auth.Origin) {
	token, err := b.Sessions.NewCSRF(r.Context(), principal.Session)
	if err != nil {
		b.Logger.Warn("token against forged requests not made", "error", err)
		return
	}
	w.Header().Set(CSRFHeader, token)
	http.SetCookie(w, b.cookie(CSRFCookie, "", -1, from))
	http.SetCookie(w, b.cookie(CSRFCookie, token, session.Length(false), from))
}

// Welcome gives the browser a token if it has none.
func (b *Browsers) Welcome(w http.ResponseWriter, r *http.Request, principal *auth.Principal, from auth.Origin) {
	if _, err := r.Cookie(CSRFCookie); err == nil {
		return
	}
	b.Renew(w, r, principal, from)
}

// SignIn sets the cookies of a session that was opened.
func (b *Browsers) SignIn(w http.ResponseWriter, opened session.Opened, from auth.Origin) {
	length := session.Length(opened.Remember)
	http.SetCookie(w, b.cookie(SessionCookie, opened.Secret, length, from))
	http.SetCookie(w, b.cookie(CSRFCookie, opened.CSRF, length, from))
	if b.Marks != nil {
		//nolint:gosec // G124: as above, and scripts cannot read this one
		mark := b.cookie(DeviceCookie, b.Marks(opened.User), device.Life, from)
		mark.Path, mark.HttpOnly, mark.SameSite = DevicePath, true, http.SameSiteStrictMode
		http.SetCookie(w, mark)
	}
}

// SignOut removes the cookie of the session.
func (b *Browsers) SignOut(w http.ResponseWriter, from auth.Origin) {
	http.SetCookie(w, b.cookie(SessionCookie, "", -1, from))
}

// cookie makes a cookie that lasts for a time; a negative one removes it.
func (b *Browsers) cookie(name, value string, length time.Duration, from auth.Origin) *http.Cookie {
	age := int(length / time.Second)
	if length < 0 {
		age = -1
	}
	same := http.SameSiteLaxMode
	if b.Framed != nil && b.Framed() && from.Secure {
		same = http.SameSiteNoneMode
	}
	//nolint:gosec // G124: Secure is set wherever the connection is, and scripts have to read the token against forged requests
	return &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: age, Secure: from.Secure, HttpOnly: name == SessionCookie, SameSite: same,
	}
}
