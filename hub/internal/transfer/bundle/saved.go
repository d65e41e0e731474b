package bundle

import (
	"encoding/json"
	"strings"
)

// MaxSaved bounds a file with a bundle in it, in bytes: there may be an answer around it.
const MaxSaved = MaxData + 1<<10

// Text returns the text of a bundle as somebody has saved it: as it is, or within the answer of an export, a JSON object
// with the bundle as "data".
func Text(saved []byte) string {
	var answer struct {
		Data string `json:"data"`
	}
	if json.Unmarshal(saved, &answer) == nil && answer.Data != "" {
		return answer.Data
	}
	return strings.TrimSpace(string(saved))
}
