package transfer

import (
	"encoding/json"
	"fmt"
	"slices"
)

// wholeMembers are the members of an alert configuration that an update replaces whole; of all others it changes the
// members that it names.
func wholeMembers() []string {
	return []string{"/overrides", "/timeThresholds", "/metricTimeThresholds", "/schedule/quietHours/days"}
}

// replacing returns an update of an alert configuration that makes it what it shall be: what is there and shall not be is
// named, with its zero value.
func replacing(is, shall json.RawMessage) (json.RawMessage, error) {
	var before, after map[string]any
	if err := json.Unmarshal(is, &before); err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	if err := json.Unmarshal(shall, &after); err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	empty("", before, after)
	body, err := json.Marshal(after)
	if err != nil {
		return nil, fmt.Errorf("encode configuration: %w", err)
	}
	return body, nil
}

func empty(path string, before, after map[string]any) {
	for key, was := range before {
		at := path + "/" + key
		is, stays := after[key]
		if !stays {
			after[key] = zeroOf(was)
			continue
		}
		old, isObject := was.(map[string]any)
		wanted, areObjects := is.(map[string]any)
		if isObject && areObjects && !slices.Contains(wholeMembers(), at) {
			empty(at, old, wanted)
		}
	}
}

// zeroOf returns what makes a member of the kind of the value empty.
func zeroOf(value any) any {
	switch value.(type) {
	case bool:
		return false
	case float64:
		return 0
	case string:
		return ""
	}
	return nil
}
