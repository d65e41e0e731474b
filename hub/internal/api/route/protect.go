package route

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// contentSecurityPolicy lets the page load what it brings and nothing else.
// Styles may be inline, for charts and virtual lists place things by style.
const contentSecurityPolicy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data: blob:; connect-src 'self' ws: wss:; font-src 'self' data:; object-src 'none'; " +
	"base-uri 'self'; frame-ancestors 'none'"

// observe tells the observer what became of a request.
func (s *server) observe(c *gin.Context) {
	if s.Observer == nil {
		return
	}
	start := s.Now()
	c.Next()
	name := c.GetString(routeKey)
	if name == "" {
		name = "other"
	}
	s.Observer.Answered(name, c.Request.Method, c.Writer.Status(), s.Now().Sub(start))
}

// contain turns a panic into one answer and one line in the log.
func (s *server) contain(c *gin.Context) {
	defer func() {
		reason := recover()
		if reason == nil {
			return
		}
		if err, ok := reason.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(reason) // net/http's way to drop a connection
		}
		s.Logger.Error("request panicked", "method", c.Request.Method, "route", c.GetString(routeKey),
			"panic", reason, "stack", string(debug.Stack()))
		c.Abort()
		if !c.Writer.Written() {
			internal().write(c.Writer, s.Now())
		}
	}()
	c.Next()
}

// protect sets the headers every answer has, and answers what no route is asked about.
func (s *server) protect(c *gin.Context) {
	header := c.Writer.Header()
	setSecurityHeaders(header)
	s.setOriginHeaders(header, c.Request)
	if !WantsUpgrade(c.Request) {
		header.Set("X-Request-ID", requestID(c.Request))
	}
	if s.ReadOnly {
		header.Set("X-Demo-Mode", "true")
	}
	if failure := s.refusal(c.Request); failure != nil {
		c.Abort()
		failure.write(c.Writer, s.Now())
		return
	}
	if c.Request.Method == http.MethodOptions {
		c.Abort()
		c.Status(http.StatusOK)
		c.Writer.WriteHeaderNow()
	}
}

// refusal is how a request is turned away before it is looked at; nil: it is not.
func (s *server) refusal(r *http.Request) *Error {
	if strings.Contains(r.URL.Path, "..") || strings.Contains(r.URL.EscapedPath(), "..") {
		if isAPI(r.URL.Path) {
			return &Error{Status: http.StatusUnauthorized, Message: "Unauthorized", Text: true}
		}
		return BadRequestText("Invalid path")
	}
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
	if s.ReadOnly && !reads && !signsIn(r.URL.Path) {
		return &Error{
			Status: http.StatusForbidden, Message: "Demo mode enabled",
			Explanation: "This is a read-only demo instance. Modifications are disabled.",
		}
	}
	return nil
}

// signsIn reports whether a path is one of those that people sign in and out
// by, which demonstrations allow.
func signsIn(path string) bool {
	switch path {
	case "/api/login", "/api/logout", "/api/oidc/login", "/api/oidc/callback", "/api/ai/execute":
		return true
	}
	return false
}

func setSecurityHeaders(header http.Header) {
	header.Set("X-Frame-Options", "DENY")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-XSS-Protection", "1; mode=block")
	header.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	header.Set("Permissions-Policy", "geolocation=(), microphone=(), camera=()")
	header.Set("Content-Security-Policy", contentSecurityPolicy)
}

func (s *server) setOriginHeaders(header http.Header, r *http.Request) {
	origin := s.allowedOrigin(r.Header.Get("Origin"))
	if strings.Contains(s.AllowedOrigins, ",") {
		header.Add("Vary", "Origin")
	}
	if origin == "" {
		return
	}
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, OPTIONS")
	header.Set("Access-Control-Allow-Headers", "Content-Type, Authorization, X-API-Token, X-CSRF-Token, X-Setup-Token")
	header.Set("Access-Control-Expose-Headers", "X-CSRF-Token, X-Authenticated-User, X-Auth-Method")
	if origin != "*" {
		header.Set("Access-Control-Allow-Credentials", "true")
	}
}

// allowedOrigin is what is told of who may read the answer. One origin is told
// to everybody, as clients expect; of several the one that asks.
func (s *server) allowedOrigin(asking string) string {
	if !strings.Contains(s.AllowedOrigins, ",") {
		return strings.TrimSpace(s.AllowedOrigins)
	}
	for origin := range strings.SplitSeq(s.AllowedOrigins, ",") {
		if origin = strings.TrimSpace(origin); asking != "" && strings.EqualFold(origin, asking) {
			return asking
		}
	}
	return ""
}

func setLimitHeaders(header http.Header, limit Limit, now time.Time) {
	header.Set("X-RateLimit-Limit", strconv.Itoa(limit.Requests))
	header.Set("X-RateLimit-Remaining", "0")
	header.Set("X-RateLimit-Reset", now.Add(limit.Window).UTC().Format(time.RFC3339))
}

// WantsUpgrade reports whether a request opens a websocket.
func WantsUpgrade(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// secure reports whether the caller's side of the connection is HTTPS.
func secure(r *http.Request, trusted bool) bool {
	return r.TLS != nil || trusted && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// maxRequestID bounds what is echoed of a request's own id, in bytes.
const maxRequestID = 128

// requestID returns the id the request brings, or a new random UUID (RFC 9562, version 4).
func requestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-ID"); id != "" && len(id) <= maxRequestID {
		return id
	}
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, says crypto/rand
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	text := hex.EncodeToString(b[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
