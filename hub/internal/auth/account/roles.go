package account

import (
	"context"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

const (
	// MaxRoles bounds the roles that are not built in.
	MaxRoles = 100
	// maxDescription bounds the description of a role, in characters.
	maxDescription = 200
)

// PutRole makes or changes a role. What changes counts for all who have it at
// once. The error is one of auth.ErrRoleName, auth.ErrBuiltInRole,
// auth.ErrUnknownPermission, ErrRoleText, ErrTooManyRoles, ErrLastAdmin, or one
// of the store.
func (d *Desk) PutRole(ctx context.Context, role auth.Role) error {
	role, err := normalRole(role)
	if err != nil {
		return err
	}
	return d.change(ctx, func(t *table) error {
		if _, exists := t.roles[role.Name]; !exists && len(t.roles) >= MaxRoles {
			return ErrTooManyRoles
		}
		t.roles[role.Name] = role
		t.dirtyRoles[role.Name] = true
		return nil
	})
}

// DeleteRole removes a role. The error is one of ErrUnknownRole,
// auth.ErrBuiltInRole, ErrRoleInUse, or one of the store.
func (d *Desk) DeleteRole(ctx context.Context, name string) error {
	return d.change(ctx, func(t *table) error {
		if _, own := t.roles[name]; !own {
			if _, builtIn := t.role(name); builtIn {
				return auth.ErrBuiltInRole
			}
			return ErrUnknownRole
		}
		for _, one := range t.users {
			if one.Role == name {
				return ErrRoleInUse
			}
		}
		delete(t.roles, name)
		t.dirtyRoles[name] = true
		return nil
	})
}

// normalRole returns the role with each of its permissions once, which must all exist.
func normalRole(role auth.Role) (auth.Role, error) {
	if err := role.Check(); err != nil {
		return auth.Role{}, err
	}
	unprintable := func(c rune) bool { return !unicode.IsPrint(c) }
	if utf8.RuneCountInString(role.Description) > maxDescription || slices.ContainsFunc([]rune(role.Description), unprintable) {
		return auth.Role{}, ErrRoleText
	}
	permissions := make([]auth.Permission, 0, len(role.Permissions))
	for _, one := range role.Permissions {
		var known auth.Permission
		if err := known.UnmarshalText([]byte(one.String())); err != nil {
			return auth.Role{}, fmt.Errorf("role %s: %w", role.Name, err)
		}
		if !slices.Contains(permissions, known) {
			permissions = append(permissions, known)
		}
	}
	role.Permissions = permissions
	return role, nil
}
