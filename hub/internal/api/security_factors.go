package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/account"
)

// FactorDesk keeps what proves who somebody is besides a password, as account.Desk does.
type FactorDesk interface {
	BeginTOTP(ctx context.Context, name string) (account.TOTPSetup, error)
	ConfirmTOTP(ctx context.Context, name, code string) ([]string, error)
	RenewRecoveryCodes(ctx context.Context, name string) ([]string, error)
	DisableTOTP(ctx context.Context, name string) error

	BeginRegistration(ctx context.Context, name, origin string) (account.Begun, error)
	FinishRegistration(ctx context.Context, name string, answer account.Registration) (account.Passkey, error)
	BeginSignIn(ctx context.Context, origin string) (account.Begun, error)
	FinishSignIn(ctx context.Context, id string, response []byte) (account.User, error)
	ListPasskeys(name string) ([]account.Passkey, error)
	DeletePasskey(ctx context.Context, name, id string) error
}

// SecondFactor is what an authenticator app is told.
type SecondFactor struct {
	Secret string `json:"secret" description:"In base32, for typing."`
	URL    string `json:"url" description:"otpauth: address, for a QR code."`
}

// FactorCode is what the app shows.
type FactorCode struct {
	Code string `json:"code" required:"true"`
}

// RecoveryCodes let their owner in once each without the app.
type RecoveryCodes struct {
	RecoveryCodes []string `json:"recoveryCodes" description:"They are shown this once."`
}

// PasswordAgain confirms what weakens the protection of an account.
type PasswordAgain struct {
	Password string `json:"password" required:"true"`
}

func (a *API) factorRoutes() []route.Route {
	own := func(method, path, summary string) route.Route {
		return route.Route{
			Methods: []string{method}, Path: "/api/security/" + path, Access: route.Authenticated(), Resource: auth.ResourceUsers,
			MaxBody: maxPasskeyBody, Summary: summary,
		}
	}
	beginTOTP := own(http.MethodPost, "totp/begin", "Begin to set up a second factor")
	beginTOTP.Answer, beginTOTP.Handle = SecondFactor{}, a.beginTOTP
	beginTOTP.Unaudited = "nothing is set up yet"
	confirmTOTP := own(http.MethodPost, "totp/confirm", "Turn the second factor on")
	confirmTOTP.Body, confirmTOTP.Answer, confirmTOTP.Handle = FactorCode{}, RecoveryCodes{}, a.confirmTOTP
	renew := own(http.MethodPost, "totp/recovery-codes", "Replace the recovery codes")
	renew.Body, renew.Answer, renew.Handle = PasswordAgain{}, RecoveryCodes{}, a.renewRecoveryCodes
	disable := own(http.MethodPost, "totp/disable", "Turn the second factor off")
	disable.Body, disable.Answer, disable.Handle = PasswordAgain{}, Told{}, a.disableTOTP
	list := own(http.MethodGet, "passkeys", "The caller's passkeys")
	list.MaxBody, list.Answer, list.Handle = 0, PasskeyList{}, a.passkeys
	begin := own(http.MethodPost, "passkeys/begin", "Begin to add a passkey")
	begin.Answer, begin.Handle, begin.Unaudited = PasskeyCeremony{}, a.beginPasskey, "nothing is added yet"
	finish := own(http.MethodPost, "passkeys/finish", "Add a passkey")
	finish.Body, finish.Answer, finish.Handle = PasskeyAnswer{}, Passkey{}, a.finishPasskey
	remove := own(http.MethodDelete, "passkeys/{id}", "Remove a passkey")
	remove.Handle = a.deletePasskey
	beginSignIn := own(http.MethodPost, "passkeys/sign-in/begin", "Begin to sign in with a passkey")
	beginSignIn.Access, beginSignIn.Limit, beginSignIn.Unforged = route.Public(), passkeyTries(), true
	beginSignIn.Answer, beginSignIn.Handle, beginSignIn.Unaudited = PasskeyCeremony{}, a.beginPasskeySignIn, "nothing is changed yet"
	finishSignIn := own(http.MethodPost, "passkeys/sign-in/finish", "Sign in with a passkey")
	finishSignIn.Access, finishSignIn.Limit, finishSignIn.Unforged = route.Public(), passkeyTries(), true
	finishSignIn.Body, finishSignIn.Answer, finishSignIn.Handle = PasskeyAnswer{}, Told{}, a.finishPasskeySignIn
	finishSignIn.Unaudited = "signing in is written down where it is decided"
	options := route.Route{
		Path: "/api/security/sign-in-options", Access: route.Public(), Limit: route.ConfigReads(),
		Summary: "The ways to sign in", Answer: SignInOptions{}, Handle: a.signInOptions,
	}
	return []route.Route{beginTOTP, confirmTOTP, renew, disable, list, begin, finish, remove, beginSignIn, finishSignIn, options}
}

// passkeyTries is the limit of signing in with passkeys, which cannot be guessed.
func passkeyTries() route.Limit {
	return route.Limit{Name: "passkeys", Requests: 30, Window: time.Minute, ByAddress: true}
}

// account is the user whose account the caller has signed in to; false: none. The name that a proxy sends may be that
// of somebody else here, tokens are no people, and recovery has no account.
func (a *API) account(c *route.Call) (string, bool) {
	if !c.Principal.IsBrowser() && c.Principal.Method != auth.MethodBasic {
		return "", false
	}
	_, known := a.Wall.Users.Get(c.Principal.User)
	return c.Principal.User, known
}

// self is the user who calls, for changes of how they sign in.
func (a *API) self(c *route.Call) (string, error) {
	name, ok := a.account(c)
	if !ok {
		return "", &route.Error{Status: http.StatusForbidden, Code: "no_account", Message: "Sign in as a user to change how you sign in"}
	}
	return name, nil
}

func factorFailure(err error) error {
	for _, known := range []struct {
		err    error
		status int
		code   string
	}{
		{account.ErrCode, http.StatusBadRequest, "invalid_code"},
		{account.ErrNotBegun, http.StatusConflict, "not_begun"},
		{account.ErrSecondFactorOn, http.StatusConflict, "second_factor_on"},
		{account.ErrNoSecondFactor, http.StatusConflict, "no_second_factor"},
		{account.ErrExternal, http.StatusConflict, "external_user"},
		{account.ErrSite, http.StatusBadRequest, "passkeys_not_here"},
		{account.ErrCeremony, http.StatusConflict, "ceremony_over"},
		{account.ErrResponse, http.StatusBadRequest, "invalid_passkey"},
		{account.ErrCredentials, http.StatusUnauthorized, "invalid_passkey"},
		{account.ErrPasskeyName, http.StatusBadRequest, "invalid_name"},
		{account.ErrPasskeyExists, http.StatusConflict, "passkey_exists"},
		{account.ErrTooManyPasskeys, http.StatusConflict, "too_many_passkeys"},
		{account.ErrUnknownPasskey, http.StatusNotFound, "passkey_not_found"},
	} {
		if errors.Is(err, known.err) {
			return &route.Error{Status: known.status, Code: known.code, Message: known.err.Error()}
		}
	}
	return err
}

func (a *API) beginTOTP(c *route.Call) (any, error) {
	name, err := a.self(c)
	if err != nil {
		return nil, err
	}
	setup, err := a.Factors.BeginTOTP(c.Context(), name)
	if err != nil {
		return nil, factorFailure(err)
	}
	return SecondFactor{Secret: setup.Secret, URL: setup.URL}, nil
}

func (a *API) confirmTOTP(c *route.Call) (any, error) {
	name, err := a.self(c)
	if err != nil {
		return nil, err
	}
	var body FactorCode
	if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil {
		return nil, invalidRequest()
	}
	codes, err := a.Factors.ConfirmTOTP(c.Context(), name, body.Code)
	if err != nil {
		return nil, factorFailure(err)
	}
	c.Changed(route.Change{Subject: name, What: "second factor turned on"})
	return RecoveryCodes{codes}, nil
}

// again has the caller show their password once more.
func (a *API) again(c *route.Call) (string, error) {
	name, err := a.self(c)
	if err != nil {
		return "", err
	}
	var body PasswordAgain
	if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil {
		return "", invalidRequest()
	}
	if err := a.SignIn.Confirm(c.Context(), name, body.Password, c.Client); err != nil {
		return "", a.passwordFailure(err)
	}
	return name, nil
}

func (a *API) renewRecoveryCodes(c *route.Call) (any, error) {
	name, err := a.again(c)
	if err != nil {
		return nil, err
	}
	codes, err := a.Factors.RenewRecoveryCodes(c.Context(), name)
	if err != nil {
		return nil, factorFailure(err)
	}
	c.Changed(route.Change{Subject: name, What: "recovery codes replaced"})
	return RecoveryCodes{codes}, nil
}

func (a *API) disableTOTP(c *route.Call) (any, error) {
	name, err := a.again(c)
	if err != nil {
		return nil, err
	}
	if err := a.Factors.DisableTOTP(c.Context(), name); err != nil {
		return nil, factorFailure(err)
	}
	c.Changed(route.Change{Subject: name, What: "second factor turned off"})
	return Told{Success: true, Message: "The second factor is off."}, nil
}
