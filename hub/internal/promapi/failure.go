package promapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/prometheus/prometheus/promql"

	"github.com/pulse-hub/pulse/hub/internal/metrics"
)

// statusGone is what Prometheus answers to a client that has closed the connection; nobody reads it.
const statusGone = 499

// A failure is an error with what clients are told of its kind.
type failure struct {
	kind   string
	status int
	err    error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// badData says that the request makes no sense.
func badData(err error) error { return &failure{"bad_data", http.StatusBadRequest, err} }

// failureOf finds out of which kind an error is.
func failureOf(err error) *failure {
	var known *failure
	var canceled promql.ErrQueryCanceled
	var late promql.ErrQueryTimeout
	var stored promql.ErrStorage
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return &failure{"bad_data", http.StatusRequestEntityTooLarge, err}
	case errors.As(err, &known):
		return known
	case errors.Is(err, errCrowded), errors.Is(err, metrics.ErrReplaying), errors.Is(err, metrics.ErrClosed):
		return &failure{"unavailable", http.StatusServiceUnavailable, err}
	case errors.As(err, &late), errors.Is(err, context.DeadlineExceeded):
		return &failure{"timeout", http.StatusServiceUnavailable, err}
	case errors.As(err, &canceled), errors.Is(err, context.Canceled):
		return &failure{"canceled", statusGone, err}
	case errors.As(err, &stored):
		return &failure{"internal", http.StatusInternalServerError, err}
	}
	return &failure{"execution", http.StatusUnprocessableEntity, err}
}

// writeFailure answers with an error.
func writeFailure(w http.ResponseWriter, err error) {
	f := failureOf(err)
	body, encodeErr := json.Marshal(envelope{Status: "error", ErrorType: f.kind, Error: f.Error()})
	if encodeErr != nil { // strings always encode
		panic(encodeErr)
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	if f.status == http.StatusServiceUnavailable {
		header.Set("Retry-After", "5")
	}
	w.WriteHeader(f.status)
	_, _ = w.Write(body) // the caller has gone: nobody is left to tell
}
