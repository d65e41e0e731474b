package audit_test

import (
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/audit"
)

func TestDifferenceTellsWhatChanged(t *testing.T) {
	type object = map[string]any
	for name, tt := range map[string]struct {
		before, after any
		left, right   string
	}{
		"one member":        {object{"a": 1, "b": 2}, object{"a": 1, "b": 3}, `{"b":2}`, `{"b":3}`},
		"nested":            {object{"a": object{"x": 1, "y": 2}}, object{"a": object{"x": 1, "y": 5}}, `{"a":{"y":2}}`, `{"a":{"y":5}}`},
		"added and removed": {object{"a": 1}, object{"b": 2}, `{"a":1}`, `{"b":2}`},
		"lists stay whole":  {object{"a": []int{1, 2}}, object{"a": []int{1, 3}}, `{"a":[1,2]}`, `{"a":[1,3]}`},
		"new":               {nil, object{"a": 1}, ``, `{"a":1}`},
		"gone":              {object{"a": 1}, nil, `{"a":1}`, ``},
		"the same":          {object{"a": 1}, object{"a": 1}, `{}`, `{}`},
		"only a secret":     {object{"a": 1, "password": "x"}, object{"a": 1, "password": "y"}, `{"a":1,"password":"•••"}`, `{"a":1,"password":"•••"}`},
		"no objects":        {1, 2, `1`, `2`},
	} {
		t.Run(name, func(t *testing.T) {
			left, right := audit.Difference(tt.before, tt.after)
			if string(left) != tt.left || string(right) != tt.right {
				t.Errorf("got %s and %s, want %s and %s", left, right, tt.left, tt.right)
			}
		})
	}
}
