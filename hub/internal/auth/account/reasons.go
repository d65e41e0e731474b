package account

import (
	"errors"

	"github.com/pulse-hub/pulse/hub/internal/auth/account/password"
)

// Reasons why somebody is not let in.
var (
	// ErrCredentials: the name, the password, the code or the passkey is wrong,
	// or the user is disabled. Which of them is not said.
	ErrCredentials = errors.New("credentials are not valid")
	// ErrBusy: too many sign-ins are going on; a later try can help.
	ErrBusy = password.ErrBusy
	// ErrNoSecondFactor: the user has no second factor that could be checked.
	ErrNoSecondFactor = errors.New("user has no second factor")
	// ErrDisabled: a user who came through a provider or proxy is disabled here.
	ErrDisabled = errors.New("user is disabled")
	// ErrOtherOrigin: a user of that name exists and comes from elsewhere, or is
	// another person there. It has to be settled by people who is meant.
	ErrOtherOrigin = errors.New("user of that name comes from elsewhere")
)

// Reasons why a user is not made or changed.
var (
	// ErrUnknownUser: there is no user of that name.
	ErrUnknownUser = errors.New("no such user")
	// ErrExists: there is a user of that name already.
	ErrExists = errors.New("user exists already")
	// ErrName: the name is not 1 to 64 letters, digits and marks of "._@-".
	ErrName = errors.New("user name must be 1 to 64 letters, digits and . _ @ -")
	// ErrText: the display name or the email address is too long or not one.
	ErrText = errors.New("display name or email address is not valid")
	// ErrOrigin: the origin is unknown or cannot be given in this way.
	ErrOrigin = errors.New("origin of the user is not valid")
	// ErrTooManyUsers: there are MaxUsers already.
	ErrTooManyUsers = errors.New("there are too many users")
	// ErrLastAdmin: nobody would be left who can sign in and do everything.
	ErrLastAdmin = errors.New("last administrator cannot be removed, disabled or demoted")
	// ErrExternal: the user signs in elsewhere.
	ErrExternal = errors.New("user signs in elsewhere")
	// ErrPasswordHash: the configured password looks like a hash and is none.
	ErrPasswordHash = password.ErrHash
)

// PolicyError says which rule a password breaks. Its text is for people and
// part of the public API. Test with errors.As.
type PolicyError = password.PolicyError

// Reasons why a role is not made, changed or removed, besides those of auth.Role.
var (
	// ErrUnknownRole: there is no role of that name.
	ErrUnknownRole = errors.New("no such role")
	// ErrRoleInUse: users have the role.
	ErrRoleInUse = errors.New("role is in use")
	// ErrRoleText: the description is too long.
	ErrRoleText = errors.New("description of the role is too long")
	// ErrTooManyRoles: there are MaxRoles already.
	ErrTooManyRoles = errors.New("there are too many roles")
)

// Reasons why a second factor or a passkey is not set up.
var (
	// ErrCode: the code is wrong, or was used before.
	ErrCode = errors.New("code is not valid")
	// ErrSecondFactorOn: the user has a second factor already.
	ErrSecondFactorOn = errors.New("user has a second factor already")
	// ErrNotBegun: there is no secret that could be confirmed, or it is too old.
	ErrNotBegun = errors.New("setting up the second factor was not begun")
	// ErrUnknownPasskey: the user has no such passkey.
	ErrUnknownPasskey = errors.New("no such passkey")
	// ErrPasskeyName: the name of the passkey is too long.
	ErrPasskeyName = errors.New("name of the passkey must be at most 64 printable characters")
	// ErrPasskeyExists: the passkey is registered already.
	ErrPasskeyExists = errors.New("passkey is registered already")
	// ErrTooManyPasskeys: the user has MaxPasskeys already.
	ErrTooManyPasskeys = errors.New("there are too many passkeys")
)
