package recording

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

func TestRedaction(t *testing.T) {
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for name, c := range map[string]struct{ before, after Exchange }{
		"configured secret": {
			Exchange{Path: "/bot123:s3cr3t/send", Query: "key=s3cr3t&a=b", Answered: Content{Body: Body("it was s3cr3t, czNjcjN0")}},
			Exchange{Path: "/bot123:redacted-token-1/send", Query: "key=redacted-token-1&a=b",
				Answered: Content{Body: Body("it was redacted-token-1, redacted-token-1")}},
		},
		"fields of JSON": {
			Exchange{Answered: Content{Body: Body(`{"a":{"access_token" : "x\"y"},"tokens":5,"password":"","b":["token","z"]}`)}},
			Exchange{Answered: Content{Body: Body(`{"a":{"access_token" : "redacted-accesstoken-1"},"tokens":5,"password":"","b":["token","z"]}`)}},
		},
		"JSON within a text": {
			Exchange{Answered: Content{Body: Body("5\" wide: {\"token\":\n\"12345678\"} data: {\"a\": \":\", \"secret\": \"x\"} \"ticket\":\"torn")}},
			Exchange{Answered: Content{Body: Body("5\" wide: {\"token\":\n\"redacted-token-2\"} data: {\"a\": \":\", \"secret\": \"redacted-secret-1\"} \"ticket\":\"torn")}},
		},
		"found late, seen early": {
			Exchange{Asked: Content{Body: Body("0123456789 and more")}, Answered: Content{Body: Body(`{"ticket":"0123456789"}`)}},
			Exchange{Asked: Content{Body: Body("redacted-ticket-1 and more")}, Answered: Content{Body: Body(`{"ticket":"redacted-ticket-1"}`)}},
		},
		"fields of a form": {
			Exchange{Asked: Content{Header: form, Body: Body("user=me&password=a%26b&token=&x")}},
			Exchange{Asked: Content{Header: form, Body: Body("user=me&password=redacted-password-1&token=&x")}},
		},
		"headers": {
			Exchange{Asked: Content{Header: http.Header{
				"Authorization": {"Basic abcd"}, "Cookie": {"a=b; c=12345678"}, "X-Csrf-Token": {"t"}, "X-Vault-Token": {"u"}, "Accept": {"12345678"},
			}}},
			Exchange{Asked: Content{Header: http.Header{
				"Authorization": {"Basic redacted-authorization-1"}, "Cookie": {"a=redacted-cookie-1; c=redacted-cookie-2"},
				"X-Csrf-Token": {"redacted-xcsrftoken-1"}, "X-Vault-Token": {"redacted-xvaulttoken-1"}, "Accept": {"redacted-cookie-2"},
			}}},
		},
		"numbers stay numbers": {
			Exchange{Answered: Content{Body: Body(`{"id":12345,"text":"12345"}`)}},
			Exchange{Answered: Content{Body: Body(`{"id":12345,"text":"redacted-pin-1"}`)}},
		},
		"address": {
			Exchange{Answered: Content{Body: Body(`see https://pve:8006/ at pve:8006 on pve`)}},
			Exchange{Answered: Content{Body: Body(`see http://` + Upstream + `/ at ` + Upstream + ` on pve`)}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			known := newSecrets()
			known.learn("/token", "s3cr3t", shortestConfigured)
			known.learn("pin", "12345", shortestConfigured)
			r := &Recording{Exchanges: []Exchange{c.before}}
			r.redact(known, map[string]string{"pve:8006": Upstream, "https://pve:8006": "http://" + Upstream})
			for _, content := range []*Content{&c.after.Asked, &c.after.Answered} {
				if content.Header == nil {
					content.Header = http.Header{}
				}
			}
			if diff := cmp.Diff(c.after, r.Exchanges[0]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCutBodiesLoseWhatIsTorn(t *testing.T) {
	for _, c := range []struct {
		body, want string
		isForm     bool
	}{
		{`{"a":"b","token":"abc`, `{"a":"b","token"`, false},
		{`{"a":"b`, `{"a"`, false},
		{`one two thr`, `one two`, false},
		{`torn`, ``, false},
		{`a=b&token=ab`, `a=b`, true},
		{`token=ab`, ``, true},
	} {
		if got := wholeParts(c.body, c.isForm); got != c.want {
			t.Errorf("%q: got %q, want %q", c.body, got, c.want)
		}
	}
}

func TestAddressSetting(t *testing.T) {
	const two = `{"type":"object","properties":{"url":{"type":"string","format":"uri"},"docs":{"type":"string","format":"uri"}}}`
	for name, c := range map[string]struct {
		schema, need, want string
	}{
		"the only one":   {`{"type":"object","properties":{"site":{"type":"string","format":"uri"},"a":{"type":"string"}}}`, "", "site"},
		"the one needed": {two, "instance:url", "url"},
		"two":            {two, "tcp:443", ""},
		"none":           {`{"type":"object","properties":{"a":{"type":"string"}}}`, "instance:a", ""},
	} {
		m := &manifest.Manifest{
			Needs:      manifest.Needs{Network: []string{c.need}},
			Components: []manifest.Component{{Kind: "source", Type: "x", Config: json.RawMessage(c.schema)}},
		}
		got, err := AddressSetting(m, "source/x")
		if got != c.want || (c.want == "") != errors.Is(err, ErrNoAddress) {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	if _, err := AddressSetting(&manifest.Manifest{}, "source/x"); !errors.Is(err, ErrNoAddress) {
		t.Errorf("got %v", err)
	}
}

func TestAim(t *testing.T) {
	recorder := NewRecorder()
	got, err := recorder.Aim([]byte(`{"a":1,"url":"https://me:pass@host:8006/base?x=1"}`), "url", "http://127.0.0.1:9")
	if err != nil || string(got) != `{"a":1,"url":"http://me:pass@127.0.0.1:9/base?x=1"}` {
		t.Errorf("got %s, %v", got, err)
	}
	if recorder.configured["pass"] != "url" {
		t.Error("the password is not known")
	}
	for _, config := range []string{`{}`, `{"url":5}`, `[]`, `{"url":""}`} {
		if _, err := recorder.Aim([]byte(config), "url", "http://127.0.0.1:9"); err == nil {
			t.Errorf("%s has an address", config)
		}
	}
}

func TestRecorderHasBounds(t *testing.T) {
	recorder := NewRecorder()
	for range MaxEntries + 5 {
		recorder.addExchange(Exchange{})
	}
	if r := recorder.Recording(); len(r.Exchanges) != MaxEntries || r.Dropped != 5 {
		t.Errorf("got %d exchanges, %d dropped", len(r.Exchanges), r.Dropped)
	}
	recorder = NewRecorder()
	chunk := &pluginv1.CollectChunk{Dataset: strings.Repeat("x", 1<<20)}
	for range MaxCallsBytes/MaxCallBytes + 1 {
		pending := recorder.begin("Source/Collect", &pluginv1.CollectRequest{})
		for range MaxCallBytes>>20 + 1 {
			pending.answer(chunk)
		}
		pending.end(nil)
		pending.end(nil)
	}
	r := recorder.Recording()
	total := 0
	for _, call := range r.Calls {
		if !call.Cut || len(call.Answers) != MaxCallBytes>>20-1 {
			t.Errorf("got %d answers, cut=%v", len(call.Answers), call.Cut)
		}
		for _, answer := range call.Answers {
			total += len(answer)
		}
	}
	if total > MaxCallsBytes || len(r.Calls)+r.Dropped != MaxCallsBytes/MaxCallBytes+1 || r.Dropped == 0 {
		t.Errorf("got %d calls with %d bytes, %d dropped", len(r.Calls), total, r.Dropped)
	}
	huge := recorder.begin("Plugin/Configure", &pluginv1.ConfigureRequest{ConfigJson: strings.Repeat("x", MaxCallBytes)})
	huge.end(nil)
	if again := recorder.Recording(); again.Dropped != r.Dropped+1 {
		t.Errorf("got %d dropped", again.Dropped)
	}
}

func TestComparison(t *testing.T) {
	cpu := func(v float64) *pluginv1.Usage { return &pluginv1.Usage{Cpu: proto.Float64(v)} }
	metric := func(unit pluginv1.Unit, v float64) []*pluginv1.Metric {
		return []*pluginv1.Metric{{Name: "m", Unit: unit, Value: v}}
	}
	generic := func(text string) *pluginv1.Resource_Generic {
		return &pluginv1.Resource_Generic{Generic: &pluginv1.Generic{Json: text}}
	}
	for name, c := range map[string]struct {
		then, now *pluginv1.Resource
		want      []string
	}{
		"same":            {&pluginv1.Resource{Name: "a", Usage: cpu(0.1 + 0.2)}, &pluginv1.Resource{Name: "a", Usage: cpu(0.3)}, nil},
		"address":         {&pluginv1.Resource{Name: "x " + Upstream}, &pluginv1.Resource{Name: "x here:1"}, nil},
		"value":           {&pluginv1.Resource{Status: 1}, &pluginv1.Resource{Status: 5}, []string{`.status STATUS_RUNNING STATUS_OFFLINE`}},
		"nothing":         {&pluginv1.Resource{Usage: cpu(0)}, &pluginv1.Resource{}, []string{`.usage {"cpu":0} nothing`}},
		"volatile metric": {&pluginv1.Resource{Metrics: metric(3, 1)}, &pluginv1.Resource{Metrics: metric(3, 0)}, nil},
		"steady metric":   {&pluginv1.Resource{Metrics: metric(1, 1)}, &pluginv1.Resource{Metrics: metric(1, 2)}, []string{`.metrics["m"].value 1 2`}},
		"map": {&pluginv1.Resource{Labels: map[string]string{"a": "1", "b": "2"}}, &pluginv1.Resource{Labels: map[string]string{"b": "3"}},
			[]string{`.labels["a"] "1" nothing`, `.labels["b"] "2" "3"`}},
		"list": {&pluginv1.Resource{Tags: []string{"a", "b"}}, &pluginv1.Resource{Tags: []string{"a"}}, []string{`.tags[1] "b" nothing`}},
		"JSON": {&pluginv1.Resource{Detail: generic(`{"a":1,"b":2}`)}, &pluginv1.Resource{Detail: generic(`{ "b":2, "a":1}`)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := &player{replayer: &Replayer{address: "here:1"}, outcome: &Outcome{}}
			c.then.Id, c.now.Id = "r", "r"
			chunks := func(r *pluginv1.Resource) []proto.Message {
				return []proto.Message{&pluginv1.CollectChunk{Full: true, Revision: uint64(len(name))},
					&pluginv1.CollectChunk{Resources: []*pluginv1.Resource{r}, Last: true}}
			}
			descriptor := (&pluginv1.CollectChunk{}).ProtoReflect().Descriptor()
			if err := (&comparison{player: p, call: "c"}).answers(descriptor, chunks(c.then), chunks(c.now)); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range p.outcome.Differences {
				got = append(got, strings.TrimPrefix(d.Path, `resources["r"]`)+" "+d.Recorded+" "+d.Now)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDifferencesHaveABound(t *testing.T) {
	c := &comparison{player: &player{outcome: &Outcome{}}}
	for range maxDifferences + 3 {
		c.differ("a", "1", strings.Repeat("é", 1000))
	}
	o := c.player.outcome
	if len(o.Differences) != maxDifferences || o.More != 3 || o.Same() || len(o.Differences[0].Now) > 210 {
		t.Errorf("got %d and %d more", len(o.Differences), o.More)
	}
}

// TestPlaceholdersTakeNoRoom: what is longer without its secrets can still be read.
func TestPlaceholdersTakeNoRoom(t *testing.T) {
	recorder := NewRecorder()
	recorder.learnSecret("token", "abcd")
	body := strings.Repeat("abcd ", MaxBodyBytes/5)
	recorder.addExchange(Exchange{Answered: Content{Body: Body(body)}})
	call := recorder.begin("Source/Collect", &pluginv1.CollectRequest{})
	for range 4 {
		call.answer(&pluginv1.CollectChunk{Dataset: body[:MaxCallBytes/5]})
	}
	call.end(nil)
	var file bytes.Buffer
	if err := recorder.Recording().Write(&file); err != nil {
		t.Fatal(err)
	}
	r, err := Read(&file)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Calls[0].Cut || len(r.Calls[0].Answers) == 4 || !r.Exchanges[0].Answered.Cut {
		t.Errorf("got %d answers, cut=%v and %v", len(r.Calls[0].Answers), r.Calls[0].Cut, r.Exchanges[0].Answered.Cut)
	}
}

// packed returns a file of these lines.
func packed(t testing.TB, lines ...string) []byte {
	var file bytes.Buffer
	w := gzip.NewWriter(&file)
	if _, err := w.Write([]byte(strings.Join(lines, "\n"))); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

const firstLine = `{"pulserec":1,"plugin":"a.b","recorded":"2026-01-02T03:04:05Z"}`

func TestWhatCannotBeRead(t *testing.T) {
	whole := packed(t, firstLine, `{"call":{"method":"Plugin/Describe","request":{},"began":"2026-01-02T03:04:05Z"}}`)
	if r, err := Read(bytes.NewReader(whole)); err != nil || len(r.Calls) != 1 || r.Plugin != "a.b" {
		t.Fatalf("got %+v, %v", r, err)
	}
	long := `{"exchange":{"status":200,"answered":{"body":"` + strings.Repeat("x", MaxBodyBytes+1) + `"}}}`
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"empty":             {nil, ErrFormat},
		"not packed":        {[]byte(firstLine), ErrFormat},
		"cut off":           {whole[:len(whole)-9], ErrFormat},
		"no lines":          {packed(t), ErrFormat},
		"another file":      {packed(t, `{"name":"x"}`), ErrFormat},
		"newer":             {packed(t, `{"pulserec":2}`), ErrNewer},
		"unknown line":      {packed(t, firstLine, `{"other":{}}`), ErrFormat},
		"two things":        {packed(t, firstLine, `{"call":{},"exchange":{}}`), ErrFormat},
		"not JSON":          {packed(t, firstLine, `{`), ErrFormat},
		"body that is none": {packed(t, firstLine, `{"exchange":{"answered":{"body":5}}}`), ErrFormat},
		"long body":         {packed(t, firstLine, long), ErrTooLarge},
		"long line":         {packed(t, firstLine, strings.Repeat("x", maxLine+1)), ErrTooLarge},
	} {
		if _, err := Read(bytes.NewReader(c.file)); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func TestUnplayableCalls(t *testing.T) {
	for name, call := range map[string]Call{
		"unknown method":  {Method: "Plugin/Init", Request: json.RawMessage(`{}`)},
		"no method":       {Method: "x", Request: json.RawMessage(`{}`)},
		"bad request":     {Method: "Plugin/Describe", Request: json.RawMessage(`5`)},
		"missing request": {Method: "Plugin/Describe"},
		"bad answer":      {Method: "Plugin/Describe", Request: json.RawMessage(`{}`), Answers: []json.RawMessage{json.RawMessage(`{"id":5}`)}},
	} {
		if _, err := Play(t.Context(), &Recording{Calls: []Call{call}}, nil); err == nil || !strings.Contains(err.Error(), "call 1, ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// FuzzRead reads anything, and what can be read can be written and read again.
func FuzzRead(f *testing.F) {
	f.Add([]byte(firstLine + "\n" + `{"call":{"method":"Source/Collect","request":{"a":1},"answers":[{}],"failure":{"code":"X","message":"y"},"began":"2026-01-02T03:04:05Z"}}`))
	f.Add([]byte(firstLine + "\n" + `{"exchange":{"method":"GET","path":"/","status":200,"answered":{"header":{"A":["b"]},"body":{"base64":"AAE="},"cut":true},"began":"2026-01-02T03:04:05Z"}}`))
	f.Add([]byte(`{"pulserec":1}` + "\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := Read(bytes.NewReader(text)); err == nil {
			t.Log("a recording as it is")
		}
		first, err := Read(bytes.NewReader(packed(t, string(text))))
		if err != nil {
			return
		}
		var file bytes.Buffer
		if err := first.Write(&file); err != nil {
			t.Fatalf("%+v: %v", first, err)
		}
		second, err := Read(bytes.NewReader(file.Bytes()))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var again bytes.Buffer
		if err := second.Write(&again); err != nil || !bytes.Equal(file.Bytes(), again.Bytes()) {
			t.Errorf("%s: it changes when it is written, %v", text, err)
		}
		replayer := NewReplayer(second, "a")
		_ = replayer.Missed()
	})
}

// FuzzRedact hides a secret in a body, and expects it to be gone.
func FuzzRedact(f *testing.F) {
	f.Add("s3cr3t", "before ", " after", "token")
	f.Add(`pa"ss/w&rd<1`, `{"a":"b","x":"`, `"}`, "password")
	f.Add("0000", "", "", "")
	f.Fuzz(func(t *testing.T, secret, before, after, name string) {
		text := before + secret + after
		placeholder := "redacted-" + name + "-1"
		if len(secret) < shortestConfigured || strings.Contains(placeholder, secret) || strings.Contains("redacted-secret-1", secret) ||
			json.Valid([]byte(text)) || labelCharacters.MatchString(name) || strings.Contains(before+after, secret) {
			t.Skip()
		}
		known := newSecrets()
		known.learn(name, secret, shortestConfigured)
		r := &Recording{Exchanges: []Exchange{{Path: text, Failure: text, Answered: Content{Body: Body(text)}}}}
		r.redact(known, nil)
		e := r.Exchanges[0]
		for _, got := range []string{e.Path, e.Failure, string(e.Answered.Body)} {
			if strings.Contains(strings.ReplaceAll(got, placeholder, "\n"), secret) {
				t.Errorf("%q is left in %q", secret, got)
			}
		}
	})
}

// TestFormatIsDocumented: whoever reads the page knows every member there is.
func TestFormatIsDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "format", "pulserec.md"))
	if err != nil {
		t.Fatal(err)
	}
	sample := &Recording{Plugin: "p", Version: "v", Dropped: 1,
		Calls:     []Call{{Request: json.RawMessage("{}"), Answers: []json.RawMessage{json.RawMessage("{}")}, Failure: &Failure{Fault: json.RawMessage("{}")}, Cut: true}},
		Exchanges: []Exchange{{Query: "q", Asked: Content{Cut: true, Body: Body("\x00"), Header: http.Header{}}, Answered: Content{Cut: true}, Failure: "f"}},
	}
	var file bytes.Buffer
	if err := sample.Write(&file); err != nil {
		t.Fatal(err)
	}
	lines, err := gzip.NewReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(lines)
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			t.Fatal(err)
		}
		if name, ok := token.(string); ok && name != "" && !bytes.Contains(page, []byte("`"+name+"`")) && len(name) > 2 && !strings.Contains(name, ":") {
			t.Errorf("%q is not described", name)
		}
	}
}
