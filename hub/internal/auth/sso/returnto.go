package sso

import (
	"net/url"
	"strings"
)

// maxReturnTo bounds the page to return to, in bytes.
const maxReturnTo = 2048

// ReturnTo returns the page of the hub that a browser wants to be sent back to,
// "/" when what it said is not one: a path that begins with one slash, with a
// query or without. Fragments are dropped, and nothing leads into the API.
func ReturnTo(said string) string {
	if len(said) > maxReturnTo || !strings.HasPrefix(said, "/") || strings.HasPrefix(said, "//") {
		return "/"
	}
	// Browsers read a backslash as a slash, and leave out tabs and ends of lines.
	if strings.ContainsFunc(said, func(r rune) bool { return r == '\\' || r < ' ' || r == 0x7f }) {
		return "/"
	}
	u, err := url.Parse(said)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return "/"
	}
	path := u.EscapedPath()
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || path == "/api" || strings.HasPrefix(path, "/api/") {
		return "/"
	}
	page := url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}
	return page.String()
}

// Succeeded returns where a browser goes that has signed in; kind is "oidc" or "saml".
func Succeeded(kind, returnTo string) string { return withQuery(returnTo, kind, "success", "") }

// Refused returns where a browser goes that was not signed in.
func Refused(kind, returnTo, code string) string { return withQuery(returnTo, kind, "error", code) }

func withQuery(returnTo, kind, outcome, code string) string {
	u, err := url.Parse(ReturnTo(returnTo))
	if err != nil {
		u = &url.URL{Path: "/"}
	}
	query := u.Query()
	query.Set(kind, outcome)
	query.Del(kind + "_error")
	if code != "" {
		query.Set(kind+"_error", code)
	}
	u.RawQuery = query.Encode()
	return u.String()
}
