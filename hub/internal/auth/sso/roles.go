package sso

import (
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// RoleRule gives a role to the members of a group.
type RoleRule struct {
	Group string `json:"group"`
	Role  string `json:"role"`
}

// RoleMapping says which role people have who signed in at a provider.
type RoleMapping struct {
	// Rules are tried by what their role grants: admin, operator, viewer, then
	// all others in their order.
	Rules []RoleRule `json:"roleMapping,omitempty"`
	// Default is the role of people whom no rule matches; empty: they are refused.
	Default string `json:"defaultRole,omitempty"`
}

// Role returns the role of somebody in the groups, compared without regard to
// case, and false when there is none for them. Where nothing is set up at all,
// everybody is an administrator: restrictions alone say who may come in then.
func (m RoleMapping) Role(groups []string) (string, bool) {
	if len(m.Rules) == 0 && m.Default == "" {
		return auth.RoleAdmin, true
	}
	for _, rule := range m.ordered() {
		if containsFold(groups, rule.Group) {
			return rule.Role, true
		}
	}
	return m.Default, m.Default != ""
}

func (m RoleMapping) ordered() []RoleRule {
	builtIn := []string{auth.RoleAdmin, auth.RoleOperator, auth.RoleViewer}
	rank := func(rule RoleRule) int {
		if i := slices.Index(builtIn, rule.Role); i >= 0 {
			return i
		}
		return len(builtIn)
	}
	rules := slices.Clone(m.Rules)
	slices.SortStableFunc(rules, func(a, b RoleRule) int { return rank(a) - rank(b) })
	return rules
}

// Normalized returns the mapping without surrounding blanks and empty rules.
func (m RoleMapping) Normalized() RoleMapping {
	tidy := RoleMapping{Default: strings.TrimSpace(m.Default)}
	for _, rule := range m.Rules {
		rule = RoleRule{Group: strings.TrimSpace(rule.Group), Role: strings.TrimSpace(rule.Role)}
		if rule != (RoleRule{}) {
			tidy.Rules = append(tidy.Rules, rule)
		}
	}
	return tidy
}

// Check returns what is wrong with the mapping, as a *SettingsError. exists
// says which roles there are; nil: every one.
func (m RoleMapping) Check(exists func(role string) bool) error {
	if len(m.Rules) > maxListed {
		return &SettingsError{"there are too many role rules"}
	}
	roles := make([]string, 0, len(m.Rules)+1)
	for _, rule := range m.Rules {
		if rule.Group == "" || rule.Role == "" {
			return &SettingsError{"every role rule needs a group and a role"}
		}
		roles = append(roles, rule.Role)
	}
	if m.Default != "" {
		roles = append(roles, m.Default)
	}
	for _, role := range roles {
		if exists != nil && !exists(role) {
			return &SettingsError{"there is no role of the name " + role}
		}
	}
	return nil
}

func containsFold(list []string, wanted string) bool {
	return slices.ContainsFunc(list, func(have string) bool { return strings.EqualFold(have, wanted) })
}
