package promapi

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// The bounds of what a time may be: their milliseconds fit into 64 bits with room for arithmetic, and RFC 3339 can write
// them.
var (
	earliest = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(9999, 12, 31, 23, 59, 59, 999_000_000, time.UTC)
)

// errNotReadable is the cause of a parameter that is not of its form.
var errNotReadable = errors.New("not of the expected form")

// timeOf reads a time: Unix seconds with a fraction, or RFC 3339. Times out of bounds are moved to the bound: clients
// ask for "everything" with what their language has as the smallest and largest time.
func timeOf(r *http.Request, name string, missing time.Time) (time.Time, error) {
	text := r.FormValue(name)
	if text == "" {
		return missing, nil
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		switch {
		case math.IsNaN(seconds):
			return time.Time{}, badParameter(name, text)
		case seconds < float64(earliest.Unix()):
			return earliest, nil
		case seconds > float64(latest.Unix()):
			return latest, nil
		}
		return time.UnixMilli(int64(math.Round(seconds * 1000))).UTC(), nil
	}
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return at, nil
	}
	return outsideYears(name, text)
}

// outsideYears reads the smallest and the largest time of the Go client, whose years RFC 3339 cannot have.
func outsideYears(name, text string) (time.Time, error) {
	switch {
	case len(text) > 0 && text[0] == '-' && text[len(text)-1] == 'Z':
		return earliest, nil
	case len(text) > 20 && text[4] != '-' && text[len(text)-1] == 'Z' && onlyDigits(text[:5]):
		return latest, nil
	}
	return time.Time{}, badParameter(name, text)
}

func onlyDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// durationOf reads a duration: seconds with a fraction, or the form of PromQL, such as 5m.
func durationOf(r *http.Request, name string, missing time.Duration) (time.Duration, error) {
	text := r.FormValue(name)
	if text == "" {
		return missing, nil
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		if math.IsNaN(seconds) || math.Abs(seconds) > float64(math.MaxInt64/int64(time.Second)) {
			return 0, badParameter(name, text)
		}
		return time.Duration(seconds * float64(time.Second)), nil
	}
	if d, err := model.ParseDuration(text); err == nil {
		return time.Duration(d), nil
	}
	return 0, badParameter(name, text)
}

// limitOf reads how much may be listed; 0: everything.
func limitOf(r *http.Request) (int, error) {
	text := r.FormValue("limit")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, badParameter("limit", text)
	}
	return n, nil
}

func badParameter(name, text string) error {
	return badData(fmt.Errorf("invalid parameter %q: %.100q is %w", name, text, errNotReadable))
}

// A span is a time that parameters "start" and "end" name, in Unix milliseconds.
type span struct{ from, to int64 }

func spanOf(r *http.Request) (span, error) {
	from, err := timeOf(r, "start", earliest)
	if err != nil {
		return span{}, err
	}
	to, err := timeOf(r, "end", latest)
	if err != nil {
		return span{}, err
	}
	if to.Before(from) {
		return span{}, badData(errors.New(`invalid parameter "end": end timestamp must not be before start time`))
	}
	return span{from.UnixMilli(), to.UnixMilli()}, nil
}

// matchersOf reads the selectors of "match[]". Each has to name something, or it would select every series there is.
func (a *API) matchersOf(r *http.Request) ([][]*labels.Matcher, error) {
	sets, err := a.parser.ParseMetricSelectors(r.Form["match[]"])
	if err != nil {
		return nil, badData(err)
	}
	for _, set := range sets {
		if !selective(set) {
			return nil, badData(errors.New("match[] must contain at least one non-empty matcher"))
		}
	}
	return sets, nil
}

func selective(set []*labels.Matcher) bool {
	for _, m := range set {
		if !m.Matches("") {
			return true
		}
	}
	return false
}
