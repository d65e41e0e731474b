package live

import (
	"bytes"
	"encoding/json"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

const (
	// maxMembers is the most bytes of JSON that a plugin may have shown of one
	// resource. More is left out whole: every page gets it again with each change.
	maxMembers = 64 << 10
	// maxDepth is how deep its objects and lists may be nested; what is deeper is left out.
	maxDepth = 16
)

// membersOf returns what a plugin says of a resource of its own kind, as an
// object that Patch can handle: names once, no null, not too large and not too
// deep. It returns nil if there is no such object.
func membersOf(e *inventory.Entry) any {
	detail, _ := e.Detail.(*resource.Generic)
	if detail == nil || len(detail.JSON) > maxMembers || !json.Valid([]byte(detail.JSON)) {
		return nil
	}
	// Numbers stay as they are written: a float64 would round large ones.
	decoder := json.NewDecoder(bytes.NewReader([]byte(detail.JSON)))
	decoder.UseNumber()
	var members map[string]any
	if decoder.Decode(&members) != nil || members == nil {
		return nil
	}
	return pruned(members, maxDepth)
}

// pruned removes nulls and what is nested deeper than depth. It changes its argument.
func pruned(value any, depth int) any {
	if depth == 0 {
		switch value.(type) {
		case map[string]any, []any:
			return nil
		}
		return value
	}
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			if value[name] = pruned(member, depth-1); value[name] == nil {
				delete(value, name)
			}
		}
	case []any:
		for i := range value {
			value[i] = pruned(value[i], depth-1)
		}
	}
	return value
}
