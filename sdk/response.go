package sdk

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/sdk/fault"
)

// maxRetryAfter bounds how long a remote system may ask to wait.
const maxRetryAfter = 24 * time.Hour

// CheckResponse closes the body and turns the status of an HTTP answer into
// the error the hub knows what to do with: nil for 2xx, AuthFailed for 401
// and 403, RetryAfter for 429 and 503 (with the time of the header
// Retry-After, if there is one), an error to be tried again for 408 and all
// other 5xx, and Reject for the rest. For callers that need no body.
func CheckResponse(response *http.Response) error {
	_ = response.Body.Close() // nothing of it is used
	code := response.StatusCode
	err := fmt.Errorf("the server answers %d %s", code, http.StatusText(code))
	switch {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return AuthFailed(err)
	case code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable:
		return RetryAfter(retryAfter(response.Header, time.Now()), err)
	case code == http.StatusRequestTimeout || code >= 500:
		return &fault.Error{Origin: fault.OriginRemote, Transient: true, Err: err}
	}
	return Reject(err)
}

// retryAfter reads the header of RFC 9110, section 10.2.3: seconds or a date. What it cannot read is 0.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := header.Get("Retry-After")
	wait := time.Duration(0)
	if seconds, err := strconv.ParseUint(value, 10, 24); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}
