package roadtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"
)

// Tokens that are allowed everything. A container engine wants one of its own.
const (
	token      = "a-token-for-the-road"
	otherToken = "a-token-for-another"
)

// hub is a hub in a process of its own.
type hub struct {
	*process
	url string
	dir string
}

// readyLine is what the hub writes when it listens.
var readyLine = regexp.MustCompile(`hub is ready: address=(\S+)`)

// newHub starts a hub with a folder of its own.
func newHub(t testing.TB) *hub {
	t.Helper()
	return startHub(t, shortDir(t))
}

// startHub starts a hub with what another may have left, and waits until it listens.
func startHub(t testing.TB, dir string) *hub {
	t.Helper()
	cmd := exec.Command(program(t, hubProgram),
		"--data-dir", dir, "--bind-address", "127.0.0.1", "--port", "0", "--metrics-address", "off", "--api-tokens", token+","+otherToken)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	h := &hub{process: start(t, "the hub", cmd), dir: dir}
	until(t, startTime, func() string {
		if address := h.log.find(readyLine); address != "" {
			h.url = "http://" + address
			return ""
		}
		select {
		case <-h.ended:
			t.Fatalf("the hub ended before it was ready: %v", h.err)
		default:
		}
		return "the hub is not ready"
	})
	return h
}

// shortDir is a folder whose path leaves room for those of sockets.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "ar")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// request asks the hub for something and decodes the answer, whatever its status. The error is that of the way there.
func (h *hub) request(method, path string, header map[string]string, body []byte, into any) (status int, err error) {
	request, err := http.NewRequest(method, h.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("X-API-Token", token)
	for name, value := range header {
		request.Header.Set(name, value)
	}
	client := &http.Client{Timeout: 10 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	answer, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return 0, err
	}
	return response.StatusCode, json.Unmarshal(answer, into)
}

// get reads a document.
func (h *hub) get(t testing.TB, path string, into any) {
	t.Helper()
	status, err := h.request(http.MethodGet, path, nil, nil, into)
	if err != nil || status != http.StatusOK {
		t.Fatalf("GET %s gave %d: %v", path, status, err)
	}
}

// post sends a document, which must be taken.
func (h *hub) post(t testing.TB, path string, body []byte, into any) {
	t.Helper()
	status, err := h.request(http.MethodPost, path, map[string]string{"Content-Type": "application/json"}, body, into)
	if err != nil || status != http.StatusOK {
		t.Fatalf("POST %s gave %d: %v", path, status, err)
	}
}

// state reads the present.
func (h *hub) state(t testing.TB) state {
	t.Helper()
	var s state
	h.get(t, "/api/state", &s)
	return s
}

// resource reads one of all the resources by type and name.
func (h *hub) resource(t testing.TB, typ, name string) unified {
	t.Helper()
	var list struct {
		Resources []unified `json:"resources"`
	}
	h.get(t, "/api/resources", &list)
	for _, each := range list.Resources {
		if each.Type == typ && each.Name == name {
			return each
		}
	}
	t.Fatalf("there is no %s %s among %d resources", typ, name, len(list.Resources))
	return unified{}
}
