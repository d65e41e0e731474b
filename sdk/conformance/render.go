package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// WriteJSON writes the report as one indented JSON object.
func (r Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// WriteTAP writes the report in the Test Anything Protocol, version 14
// (https://testanything.org/tap-version-14-specification.html). Checks that do
// not apply are skipped tests.
func (r Report) WriteTAP(w io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "TAP version 14\n1..%d\n", len(r.Results))
	for i, result := range r.Results {
		verdict := "ok"
		if result.Outcome == Failed {
			verdict = "not ok"
		}
		fmt.Fprintf(&text, "%s %d - %s: %s", verdict, i+1, result.ID, tapEscape(result.Title))
		if result.Outcome == NotApplicable {
			fmt.Fprintf(&text, " # SKIP %s", tapEscape(result.Reason))
		}
		text.WriteString("\n")
		if result.Outcome == Failed {
			// A JSON string is a YAML string.
			fmt.Fprintf(&text, "  ---\n  message: %s\n  ...\n", quote(result.Reason))
		}
	}
	if _, err := io.WriteString(w, text.String()); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// tapEscape keeps a text on its line and from being taken for a directive.
func tapEscape(text string) string {
	return strings.NewReplacer(`\`, `\\`, "#", `\#`, "\n", " ", "\r", " ").Replace(text)
}

func quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		return `""` // a string can always be written
	}
	return string(quoted)
}
