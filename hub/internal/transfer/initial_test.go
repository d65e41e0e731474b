package transfer_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/transfer"
	"github.com/pulse-hub/pulse/hub/internal/transfer/transfertest"
)

// logged has a world log into a buffer.
func logged(w *transfertest.World) *bytes.Buffer {
	var out bytes.Buffer
	w.Logger = hclog.New(&hclog.LoggerOptions{Output: &out, Level: hclog.Debug})
	return &out
}

func TestANewHubBeginsWithABundle(t *testing.T) {
	data := transfertest.Vector(t)
	file := filepath.Join(t.TempDir(), "bundle")
	if err := os.WriteFile(file, []byte(`{"status":"success","data":"`+strings.TrimSpace(data)+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/bundle" {
			http.Error(w, "no", http.StatusTeapot)
			return
		}
		_, _ = w.Write([]byte(data))
	}))
	t.Cleanup(server.Close)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	tests := map[string]struct {
		initial transfer.Initial
		nodes   int
		log     string
	}{
		"nothing":          {transfer.Initial{}, 0, ""},
		"data":             {transfer.Initial{Data: data, Passphrase: transfertest.Passphrase}, 2, "configuration is imported"},
		"file":             {transfer.Initial{File: file, Passphrase: transfertest.Passphrase}, 2, "configuration is imported"},
		"URL":              {transfer.Initial{URL: server.URL + "/bundle", Passphrase: transfertest.Passphrase}, 2, "configuration is imported"},
		"wrong passphrase": {transfer.Initial{Data: data, Passphrase: "wrong"}, 0, "message authentication failed"},
		"no passphrase":    {transfer.Initial{Data: data}, 0, "passphrase is missing"},
		"no file":          {transfer.Initial{File: file + ".not"}, 0, "open bundle"},
		"not there":        {transfer.Initial{URL: server.URL + "/hush"}, 0, "the server answers 418"},
		"nobody there":     {transfer.Initial{URL: closed.URL + "/hush"}, 0, "connection refused"},
		"another scheme":   {transfer.Initial{URL: "file:///hush"}, 0, "is not an http or https URL"},
		"no URL":           {transfer.Initial{URL: "http://[hush"}, 0, "is not an http or https URL"},
	}
	for name, tt := range tests {
		w := transfertest.New(t)
		out := logged(w)
		w.Begin(t.Context(), tt.initial)
		if list, err := w.Nodes.List(t.Context()); err != nil || len(list) != tt.nodes {
			t.Errorf("%s: %d nodes, %v", name, len(list), err)
		}
		if !strings.Contains(out.String(), tt.log) || (out.Len() == 0) != (tt.log == "") || strings.Contains(out.String(), "hush") {
			t.Errorf("%s: the log is %q, want %q", name, out, tt.log)
		}
	}
}

func TestAHubWithAConfigurationKeepsIt(t *testing.T) {
	w := transfertest.New(t)
	w.Fill(t)
	out := logged(w)
	w.Begin(t.Context(), transfer.Initial{Data: transfertest.Vector(t), Passphrase: transfertest.Passphrase})
	if list, err := w.Nodes.List(t.Context()); err != nil || len(list) != 3 || !strings.Contains(out.String(), "not needed") {
		t.Errorf("%d nodes, %v, log %s", len(list), err, out)
	}
}

// stuck never answers.
type stuck struct{}

func (stuck) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestAServerThatDoesNotAnswerIsNotWaitedFor(t *testing.T) {
	w := transfertest.New(t)
	out := logged(w)
	synctest.Test(t, func(t *testing.T) {
		client := &http.Client{Transport: stuck{}}
		transfer.ReadInitial(t.Context(), transfer.Initial{URL: "https://hush.example/", Client: client}, w.Logger)
	})
	if !strings.Contains(out.String(), "did not send the bundle in time") || strings.Contains(out.String(), "hush") {
		t.Errorf("the log is %s", out)
	}
}
