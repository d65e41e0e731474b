package proxmoxtest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	user, password := r.FormValue("username"), r.FormValue("password")
	s.mu.Lock()
	s.logins++
	known := s.tickets[password]
	ticket := s.options.Product.String()[:3] + ":" + user + ":" + strconv.Itoa(s.logins) + "::a+b/c="
	good := user == s.options.User && (password == s.options.Password || known) && s.options.User != ""
	if good {
		s.tickets[ticket] = true
	}
	s.mu.Unlock()
	if !good {
		s.send(w, r, Answer{Status: http.StatusUnauthorized, Reason: "authentication failure", Body: []byte(`{"data":null}`)})
		return
	}
	body, err := json.Marshal(map[string]any{"data": map[string]any{
		"ticket": ticket, "username": user, "CSRFPreventionToken": "6B03A848:none",
	}})
	if err != nil {
		s.t.Errorf("marshal ticket: %v", err)
	}
	s.send(w, r, Answer{Body: body})
}

func (s *Server) admits(r *http.Request) bool {
	if s.options.Token == "" && s.options.User == "" {
		return true
	}
	if s.options.Token != "" && r.Header.Get("Authorization") == s.options.Token {
		return true
	}
	for _, cookie := range r.Cookies() {
		ticket, err := url.QueryUnescape(cookie.Value)
		s.mu.Lock()
		known := s.tickets[ticket]
		s.mu.Unlock()
		if err == nil && known && strings.HasSuffix(cookie.Name, "AuthCookie") {
			return true
		}
	}
	return false
}
