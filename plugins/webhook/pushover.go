package webhook

import (
	"fmt"
	"strconv"

	"github.com/pulse-hub/pulse/sdk"
)

// checkNumbers checks the fields of Pushover that are numbers (https://pushover.net/api).
func (s *settings) checkNumbers() error {
	for _, field := range []struct {
		name     string
		min, max int
	}{{"priority", -2, 2}, {"retry", 30, 10_800}, {"expire", 30, 10_800}} {
		text, given := s.customFields[field.name]
		if !given || text == "" {
			continue
		}
		number, err := strconv.Atoi(text)
		if err != nil || number < field.min || number > field.max {
			return sdk.FieldError{
				Path:    "/customFields",
				Message: fmt.Sprintf("%s must be a whole number from %d to %d", field.name, field.min, field.max),
			}
		}
		s.customFields[field.name] = strconv.Itoa(number)
	}
	return nil
}
