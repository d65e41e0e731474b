package recording

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// Body is the content of a message. In JSON it is a string if it is text, and
// {"base64": "…"} otherwise.
type Body []byte

type binary struct {
	Base64 []byte `json:"base64"`
}

// errBody says that a body is neither of its two forms.
var errBody = errors.New("body is neither text nor base64")

// MarshalJSON writes either form.
func (b Body) MarshalJSON() ([]byte, error) {
	if !plainText(b) {
		return json.Marshal(binary{b})
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // it would take six bytes for one
	err := encoder.Encode(string(b))
	return text.Bytes(), err
}

// UnmarshalJSON reads either form.
func (b *Body) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*b = Body(text)
		return nil
	}
	var encoded binary
	if err := json.Unmarshal(data, &encoded); err != nil || encoded.Base64 == nil {
		return errBody
	}
	*b = encoded.Base64
	return nil
}

// plainText tells whether a body looks as well as a string: every control
// character but these takes six bytes in JSON.
func plainText(body []byte) bool {
	for _, c := range body {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return false
		}
	}
	return utf8.Valid(body)
}
