package conformance

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// delivered returns what a stand-in was asked by a message with this header and body.
func delivered(t *testing.T, header, body string) []asked {
	t.Helper()
	server, err := openStandIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer server.close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+server.address()+"/send?room=1", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if name, value, ok := strings.Cut(header, ": "); ok {
		request.Header.Set(name, value)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if server.visits() != 1 {
		t.Errorf("got %d visits, want 1", server.visits())
	}
	return server.take()
}

func TestCompareDeliveries(t *testing.T) {
	type message struct{ header, body string }
	for name, c := range map[string]struct {
		first, again, other message
		want                string // part of the failure, "-" if it does not apply
	}{
		"key in a header": {
			message{"Idempotency-Key: 1", ""}, message{"Idempotency-Key: 1", ""}, message{"Idempotency-Key: 2", ""}, ""},
		"key in the body": {
			message{"", `{"event":{"dedup_key":"1"}}`}, message{"", `{"event":{"dedup_key":"1"}}`}, message{"", `{"event":{"dedup_key":"2"}}`}, ""},
		"id under another name": {
			message{"X-Id: " + firstDelivery, ""}, message{"X-Id: " + firstDelivery, ""}, message{"X-Id: " + secondDelivery, ""}, ""},
		"no key": {
			message{"", `{"at":1}`}, message{"", `{"at":2}`}, message{"", `{"at":3}`}, "-"},
		"new key each time": {
			message{"", `{"list":[{"deduplication":"1"}]}`}, message{"", `{"list":[{"deduplication":"2"}]}`},
			message{"", `{"list":[{"deduplication":"3"}]}`}, "member list.deduplication is another one"},
		"one key for all": {
			message{"Idempotency-Key: 1", ""}, message{"Idempotency-Key: 1", ""}, message{"Idempotency-Key: 1", ""}, "same header Idempotency-Key"},
	} {
		t.Run(name, func(t *testing.T) {
			var sent [3][]asked
			for i, m := range []message{c.first, c.again, c.other} {
				sent[i] = delivered(t, m.header, m.body)
			}
			err := compareDeliveries(sent)
			_, skipped := errors.AsType[notApplicable](err)
			switch {
			case skipped != (c.want == "-"):
				t.Errorf("got %v", err)
			case c.want == "" && err != nil:
				t.Errorf("got %v, want it to pass", err)
			case !skipped && c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestLastWord(t *testing.T) {
	for output, want := range map[string]string{
		"":                            "",
		"starting\nno such file\n":    "no such file",
		"panic: oh\n\ngoroutine 1":    "panic: oh",
		"at x\nTypeError: no\n\nNode": "TypeError: no",
		"Error [ERR_X]: no\nNode.js":  "Error [ERR_X]: no",
	} {
		r := &record{}
		_, _ = r.Write([]byte(output))
		if got := r.lastWord(); got != want {
			t.Errorf("%q: got %q, want %q", output, got, want)
		}
	}
}
