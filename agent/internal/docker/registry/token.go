package registry

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// authorize follows a registry's challenge and returns the value of the Authorization header it asks for.
func (c *Client) authorize(ctx context.Context, reference Reference, challenge string) (string, error) {
	login := c.login(reference.Domain)
	kind, rest, _ := strings.Cut(challenge, " ")
	switch {
	case strings.EqualFold(kind, "basic") && login.Username != "":
		return basic(login), nil
	case !strings.EqualFold(kind, "bearer"):
		return "", ErrForbidden
	}
	parameters := parameters(rest)
	realm, err := url.Parse(parameters["realm"])
	if err != nil || realm.Host == "" || realm.Scheme+"://" != "https://" && realm.Scheme+"://" != scheme(realm.Host) {
		return "", errAnswer
	}
	token, err := c.token(ctx, realm, tokenRequest{
		service: parameters["service"], scope: "repository:" + reference.Path + ":pull", login: login,
	})
	if err != nil {
		return "", fmt.Errorf("sign in: %w", err)
	}
	return "Bearer " + token, nil
}

func basic(login Login) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(login.Username+":"+login.Password))
}

// parameters reads name="value" pairs separated by commas (RFC 9110, 11.2).
func parameters(text string) map[string]string {
	found := map[string]string{}
	for len(text) > 0 && len(found) < 16 {
		name, rest, ok := strings.Cut(text, "=")
		if !ok {
			break
		}
		var value string
		if quoted, isQuoted := strings.CutPrefix(rest, `"`); isQuoted {
			value, rest, _ = strings.Cut(quoted, `"`)
			_, rest, _ = strings.Cut(rest, ",")
		} else {
			value, rest, _ = strings.Cut(rest, ",")
		}
		found[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
		text = rest
	}
	return found
}

// tokenRequest is what a token is asked for.
type tokenRequest struct {
	service, scope string
	login          Login
}

// token asks an authorization service for a token that lets the repository be read.
func (c *Client) token(ctx context.Context, realm *url.URL, wanted tokenRequest) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, ErrTimeout)
	defer cancel()
	request, err := wanted.build(ctx, realm)
	if err != nil {
		return "", errAnswer // its error would quote the address
	}
	response, err := c.http.Do(request)
	if err != nil {
		return "", explain(ctx, err)
	}
	defer response.Body.Close()
	if err := judge(response.StatusCode); err != nil {
		return "", err
	}
	var granted struct {
		Token       string `json:"token"`
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxToken)).Decode(&granted); err != nil {
		return "", errAnswer
	}
	if granted.Token == "" {
		granted.Token = granted.AccessToken
	}
	if granted.Token == "" || strings.ContainsAny(granted.Token, "\r\n") {
		return "", errAnswer
	}
	return granted.Token, nil
}

func (w tokenRequest) build(ctx context.Context, realm *url.URL) (*http.Request, error) {
	if w.login.IdentityToken != "" {
		form := url.Values{
			"grant_type": {"refresh_token"}, "refresh_token": {w.login.IdentityToken}, "client_id": {"pulse-agent"},
			"service": {w.service}, "scope": {w.scope},
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, realm.String(), strings.NewReader(form.Encode()))
		if err == nil {
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		return request, err
	}
	query := realm.Query()
	query.Set("scope", w.scope)
	if w.service != "" {
		query.Set("service", w.service)
	}
	target := *realm
	target.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), http.NoBody)
	if err == nil && w.login.Username != "" {
		request.Header.Set("Authorization", basic(w.login))
	}
	return request, err
}
