package trustedproxy

import (
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// user returns the name of the user. One that is not valid is refused rather
// than repaired: what is left of it could be the name of somebody else.
func (p *Proxy) user(header http.Header) (string, error) {
	if p.options.UserHeader == "" {
		return Unnamed, nil
	}
	name, err := single(header, p.options.UserHeader)
	switch {
	case err != nil:
		return "", err
	case name == "":
		return "", ErrNoUser
	case len(name) > MaxUser || !shown(name):
		return "", ErrUser
	}
	return name, nil
}

// role returns the strongest of the roles that are named.
func (p *Proxy) role(header http.Header) (auth.Role, error) {
	if p.options.RoleHeader == "" {
		return auth.Administrator(), nil
	}
	text, err := single(header, p.options.RoleHeader)
	if err != nil {
		return auth.Role{}, err
	}
	if len(text) > MaxRoles {
		return auth.Role{}, ErrRoles
	}
	best, found := p.options.DefaultRole, false
	for name := range strings.SplitSeq(text, p.options.Separator) {
		role, known := p.find(strings.TrimSpace(name))
		if known && (!found || strength(role) > strength(best)) {
			best, found = role, true
		}
	}
	return best, nil
}

// find returns the role that a name stands for.
func (p *Proxy) find(name string) (auth.Role, bool) {
	switch name {
	case "":
		return auth.Role{}, false
	case p.options.AdminRole:
		return auth.Administrator(), true
	case auth.RoleAdmin: // is some other program's: the word for ours is another
		return auth.Role{}, false
	case auth.RoleOperator:
		return auth.Operator(), true
	case auth.RoleViewer:
		return auth.Viewer(), true
	}
	return p.options.Roles(name)
}

// strength counts what a role grants; administrators are above all.
func strength(role auth.Role) int {
	count := 0
	for _, permission := range auth.Permissions() {
		if role.Grants(permission) {
			count++
		}
	}
	if role.IsAdmin() {
		count++
	}
	return count
}

// single returns the value of a header without the blanks around it; empty
// when it is not there.
func single(header http.Header, name string) (string, error) {
	values := header.Values(name)
	switch len(values) {
	case 0:
		return "", nil
	case 1:
		return strings.TrimSpace(values[0]), nil
	}
	return "", ErrRepeated
}

// shown reports whether text has only characters that people can see, and plain blanks.
func shown(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
