package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth/account"
)

// ceremonyCookie binds a passkey ceremony to the browser that began it.
const ceremonyCookie = "pulse_passkey"

// ceremonyLength is how long a ceremony may take.
const ceremonyLength = 5 * time.Minute

// maxPasskeyBody bounds the answer of a browser, in bytes.
const maxPasskeyBody = 64 << 10

// Passkey signs its owner in without a password.
type Passkey struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	CreatedAt  time.Time  `json:"createdAt"`
	LastUsedAt *time.Time `json:"lastUsedAt,omitempty"`
	Synced     bool       `json:"synced" description:"A service shares it between devices."`
}

// PasskeyList are the caller's.
type PasskeyList struct {
	Passkeys []Passkey `json:"passkeys"`
}

// PasskeyCeremony is what the browser is asked.
type PasskeyCeremony struct {
	Options json.RawMessage `json:"options" description:"Argument of navigator.credentials.create or get, binary values in base64url."`
}

// PasskeyAnswer is what the browser says.
type PasskeyAnswer struct {
	Name       string          `json:"name,omitempty" description:"What to call a new one."`
	Response   json.RawMessage `json:"response" required:"true" description:"The PublicKeyCredential, as its toJSON returns it."`
	RememberMe bool            `json:"rememberMe,omitempty"`
}

func shownPasskey(passkey account.Passkey) Passkey {
	shown := Passkey{ID: passkey.ID, Name: passkey.Name, CreatedAt: passkey.Created, Synced: passkey.Synced}
	if !passkey.LastUsed.IsZero() {
		shown.LastUsedAt = &passkey.LastUsed
	}
	return shown
}

func (a *API) passkeys(c *route.Call) (any, error) {
	list := PasskeyList{Passkeys: []Passkey{}}
	name, ok := a.account(c)
	if !ok {
		return list, nil
	}
	kept, err := a.Factors.ListPasskeys(name)
	if err != nil && !errors.Is(err, account.ErrUnknownUser) {
		return nil, err
	}
	for _, passkey := range kept {
		list.Passkeys = append(list.Passkeys, shownPasskey(passkey))
	}
	return list, nil
}

// siteOf is the origin that the caller's browser has opened the hub at.
func siteOf(c *route.Call) string {
	if c.Secure {
		return "https://" + c.Request.Host
	}
	return "http://" + c.Request.Host
}

// begun tells the browser what it is asked, and has it keep which ceremony this is.
func begun(c *route.Call, ceremony account.Begun, err error) (any, error) {
	if err != nil {
		return nil, factorFailure(err)
	}
	//nolint:gosec // G124: Secure is set wherever the connection is
	http.SetCookie(c.Writer, &http.Cookie{
		Name: ceremonyCookie, Value: ceremony.ID, Path: "/api/security/passkeys", MaxAge: int(ceremonyLength / time.Second),
		HttpOnly: true, Secure: c.Secure, SameSite: http.SameSiteStrictMode,
	})
	return PasskeyCeremony{Options: ceremony.Options}, nil
}

// answered reads what the browser says of the ceremony that it began.
func answered(c *route.Call) (id string, body PasskeyAnswer, err error) {
	cookie, err := c.Request.Cookie(ceremonyCookie)
	if err != nil {
		return "", body, factorFailure(account.ErrCeremony)
	}
	if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil {
		return "", body, invalidRequest()
	}
	return cookie.Value, body, nil
}

func (a *API) beginPasskey(c *route.Call) (any, error) {
	name, err := a.self(c)
	if err != nil {
		return nil, err
	}
	ceremony, err := a.Factors.BeginRegistration(c.Context(), name, siteOf(c))
	return begun(c, ceremony, err)
}

func (a *API) finishPasskey(c *route.Call) (any, error) {
	name, err := a.self(c)
	if err != nil {
		return nil, err
	}
	id, body, err := answered(c)
	if err != nil {
		return nil, err
	}
	passkey, err := a.Factors.FinishRegistration(c.Context(), name, account.Registration{ID: id, Name: body.Name, Response: body.Response})
	if err != nil {
		return nil, factorFailure(err)
	}
	c.Changed(route.Change{Subject: name, What: "passkey added", Detail: passkey.Name})
	return shownPasskey(passkey), nil
}

func (a *API) deletePasskey(c *route.Call) (any, error) {
	name, err := a.self(c)
	if err != nil {
		return nil, err
	}
	if err := a.Factors.DeletePasskey(c.Context(), name, c.PathValue("id")); err != nil {
		return nil, factorFailure(err)
	}
	c.Changed(route.Change{Subject: name, What: "passkey removed", Detail: c.PathValue("id")})
	return route.Nothing{}, nil
}

func (a *API) beginPasskeySignIn(c *route.Call) (any, error) {
	ceremony, err := a.Factors.BeginSignIn(c.Context(), siteOf(c))
	return begun(c, ceremony, err)
}

func (a *API) finishPasskeySignIn(c *route.Call) (any, error) {
	id, body, err := answered(c)
	if err != nil {
		return nil, err
	}
	user, err := a.Factors.FinishSignIn(c.Context(), id, body.Response)
	if err != nil {
		return nil, factorFailure(err)
	}
	opened, err := a.SignIn.Passkey(c.Context(), user, visitorOf(c, body.RememberMe))
	if err != nil {
		return nil, a.signInFailure(err)
	}
	a.Cookies.SignIn(c.Writer, opened, c.From)
	return Told{Success: true, Message: "Successfully logged in"}, nil
}
