package proxmoxapi

import (
	"net/http"
	"net/url"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzAnswer gives the client any body with any status.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		`{"data":[{"vmid":"100","name":"a"}]}`, `{"data":null,"message":"x","errors":{"a":"b"}}`, "bare text", "<html>", "",
		`{"data":{"ticket":1}}`, "\xff\xfe(/vms/1, VM.Audit)",
	} {
		f.Add(200, "200 OK", []byte(body))
		f.Add(403, "403 Permission check failed (/vms/1, VM.Audit)", []byte(body))
	}
	at := &endpoint{url: &url.URL{Host: "pve:8006"}}
	f.Fuzz(func(t *testing.T, status int, line string, body []byte) {
		err := judge(at, &http.Response{StatusCode: status, Status: line, Header: http.Header{"Retry-After": {line}}}, body)
		if (err == nil) != (status >= 200 && status < 300) {
			t.Errorf("status %d: %v", status, err)
		}
		if err != nil {
			words := ReasonOf(err)
			if len(words) > maxReason || !utf8.ValidString(words) {
				t.Errorf("reason of %d bytes: %q", len(words), words)
			}
			for _, r := range words {
				if unicode.IsControl(r) {
					t.Errorf("control character in %q", words)
				}
			}
		}
		var rows []struct {
			VMID Number `json:"vmid"`
			Name Text   `json:"name"`
		}
		_ = decodeData(body, &rows) // whatever it says, it must not panic
	})
}
