package queryrule

import (
	"fmt"

	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
)

// ValidateAll checks the expressions of rules. The first that cannot be one is a *policy.FieldError.
func ValidateAll(rules []policy.QueryRule) error {
	for i := range rules {
		if err := Validate(rules[i].Expr); err != nil {
			return &policy.FieldError{Path: fmt.Sprintf("queryRules[%d].expr", i), Problem: err.Error()}
		}
	}
	return nil
}
