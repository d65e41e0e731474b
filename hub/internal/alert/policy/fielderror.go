package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

// FieldError says which field of a configuration cannot be taken, and why. Both texts are for people; neither holds
// more of the configuration than the names and keys on the way to the field.
type FieldError struct {
	// Path names the field as JSON has it: "guestDefaults.cpu.trigger", "customRules[2].thresholds.cpu".
	Path string
	// Problem is what is wrong with it, in a few lower-case words.
	Problem string
}

// Error returns the path and what is wrong.
func (e *FieldError) Error() string { return e.Path + ": " + e.Problem }

// wrong returns a FieldError as an error.
func wrong(path, format string, args ...any) error {
	return &FieldError{Path: path, Problem: fmt.Sprintf(format, args...)}
}

// decodeError names the field where the decoder does. Otherwise its message is all there is to say.
func decodeError(err error) error {
	var mismatch *json.UnmarshalTypeError
	if !errors.As(err, &mismatch) || mismatch.Field == "" {
		return err
	}
	return wrong(mismatch.Field, "%s where %s is expected", mismatch.Value, nameOf(mismatch.Type))
}

// nameOf says in JSON's words what a Go type is.
func nameOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.String:
		return "text"
	case reflect.Slice:
		return "a list"
	}
	return "an object"
}
