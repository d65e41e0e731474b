package conformance

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/sdk/schema"
)

func mustParse(t *testing.T, text string) *schema.Schema {
	t.Helper()
	s, err := schema.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const manySettings = `{"type": "object", "required": ["url", "port", "mode", "tags", "name", "tls", "mail", "wait", "print"],
 "properties": {
  "url": {"type": "string", "format": "uri", "default": "https://example.com"},
  "host": {"type": "string", "format": "hostname"},
  "port": {"type": "integer", "minimum": 1024, "maximum": 65535},
  "mode": {"type": "string", "enum": ["a", "b"]},
  "tags": {"type": "array", "items": {"type": "string", "minLength": 2}, "minItems": 2},
  "name": {"type": "string", "minLength": 4},
  "mail": {"type": "string", "format": "email"},
  "wait": {"type": "string", "format": "duration"},
  "print": {"type": "string", "format": "fingerprint"},
  "kept": {"type": "string", "default": "x"},
  "tls": {"type": "object", "required": ["on"], "properties": {"on": {"type": "boolean"}, "key": {"type": "string", "writeOnly": true}}}}}`

func TestMadeUpConfigurationFits(t *testing.T) {
	s := mustParse(t, manySettings)
	sample := madeUp(s)
	if err := fits(s, sample); err != nil {
		t.Fatalf("%s: %v", sample.Config, err)
	}
	if strings.Contains(string(sample.Config), "example.com") || sample.Secrets["/tls/key"] != madeUpSecret {
		t.Errorf("got %s and %v", sample.Config, sample.Secrets)
	}
	for _, unfit := range []Sample{{}, {Config: []byte(`[]`)}, {Config: sample.Config, Secrets: map[string]string{"/no": "x"}}} {
		if fits(s, unfit) == nil {
			t.Errorf("%s fits", unfit.Config)
		}
	}
}

func TestRequiredPaths(t *testing.T) {
	s := mustParse(t, manySettings)
	want := []string{"/port", "/mode", "/tags", "/name", "/tls/on", "/mail", "/wait", "/print"}
	if diff := cmp.Diff(want, requiredPaths(s, "")); diff != "" {
		t.Error(diff)
	}
	c := component{key: "source/x", sample: madeUp(s)}
	for _, path := range want {
		request := c.request("a")
		if err := leaveOut(request, path); err != nil {
			t.Fatal(err)
		}
		config, errs := s.ValidateJSON([]byte(request.GetConfigJson()))
		if len(errs) != 1 || errs[0].Path != path {
			t.Errorf("without %s: %v in %v", path, errs, config)
		}
	}
}

func TestAimedAt(t *testing.T) {
	c := component{schema: mustParse(t, manySettings)}
	c.sample = Sample{Config: []byte(`{"url":"https://10.0.0.1/x","host":"a","name":"n"}`)}
	if got, ok := c.aimedAt("127.0.0.1:1"); !ok || string(got) != `{"host":"a","name":"n","url":"http://127.0.0.1:1"}` {
		t.Errorf("got %s, %v", got, ok)
	}
	if got, ok := c.heldAt("127.0.0.1:1"); !ok || string(got) != `{"host":"a","name":"n","url":"https://127.0.0.1:1"}` {
		t.Errorf("held at %s, %v", got, ok)
	}
	c.schema = mustParse(t, `{"type": "object", "properties": {"host": {"type": "string", "format": "hostname"}}}`)
	if got, ok := c.aimedAt("127.0.0.1:1"); ok {
		t.Errorf("a host without a port leads to %s", got)
	}
}

func TestGrowth(t *testing.T) {
	level := usage{memory: 100 << 20, files: 10, threads: 10}
	for name, c := range map[string]struct {
		after usage
		limit uint64
		ok    bool
	}{
		"level":   {after: level, ok: true},
		"caches":  {after: usage{memory: 120 << 20, files: 12, threads: 12}, ok: true},
		"memory":  {after: usage{memory: 200 << 20, files: 10, threads: 10}},
		"files":   {after: usage{memory: 100 << 20, files: 70, threads: 10}},
		"threads": {after: usage{memory: 100 << 20, files: 10, threads: 70}},
		"limit":   {after: level, limit: 64 << 20},
	} {
		if err := growth(level, c.after, c.limit, 60); (err == nil) != c.ok {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestTrapSeesTraffic(t *testing.T) {
	trap, err := openTrap(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer trap.close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", trap.address())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "hello"); err != nil {
		t.Fatal(err)
	}
	if !trap.wait(ctx, 10*time.Second, nil, func(now traffic) bool { return now.open == 1 && now.fed == 1 }) {
		t.Error("the connection is not seen")
	}
	conn.Close()
	if !trap.wait(ctx, 10*time.Second, nil, func(now traffic) bool { return now.open == 0 }) || !trap.visited() {
		t.Error("the end of the connection is not seen")
	}
	if trap.wait(ctx, time.Nanosecond, nil, func(now traffic) bool { return now.open > 0 }) {
		t.Error("a connection is seen where there is none")
	}
}

// FuzzFirstLine cuts output into pieces: the line and the rest are the same as in one piece.
func FuzzFirstLine(f *testing.F) {
	f.Add([]byte("1|1|unix|/tmp/x|grpc|\nmore\n"), 3)
	f.Add([]byte("no end"), 1)
	f.Add([]byte(strings.Repeat("x", maxHandshake+10)), 4000)
	f.Add([]byte(strings.Repeat("x", maxHandshake)+"\n"), maxHandshake)
	f.Fuzz(func(t *testing.T, output []byte, size int) {
		whole, pieces := newFirstLine(), newFirstLine()
		if n, err := whole.Write(output); n != len(output) || err != nil {
			t.Fatalf("wrote %d of %d: %v", n, len(output), err)
		}
		size = max(size%len("x"+string(output)), 1)
		for rest := output; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			if _, err := pieces.Write(rest[:min(size, len(rest))]); err != nil {
				t.Fatal(err)
			}
		}
		whole.close()
		pieces.close()
		line, _ := io.ReadAll(pieces)
		if string(line) != string(whole.line) || pieces.rest.text() != whole.rest.text() || len(line) > maxHandshake {
			t.Errorf("got %q and %q, want %q and %q", line, pieces.rest.text(), whole.line, whole.rest.text())
		}
		if string(line)+pieces.rest.text() != string(output) {
			t.Errorf("something is lost of %q", output)
		}
	})
}
