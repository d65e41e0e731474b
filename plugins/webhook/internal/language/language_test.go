package language_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/plugins/webhook/internal/language"
)

// thing is the data of the tests.
type thing struct {
	Name   string
	Number float64
	Yes    bool
	Map    map[string]any
	Texts  map[string]string
	List   []string
}

func data() thing {
	return thing{
		Name: `a"b\c` + "\n<é>", Number: 91.2, Yes: true, Map: map[string]any{"k": "v", "n": 7.0},
		Texts: map[string]string{"k": "v"}, List: []string{"x", `"y"`},
	}
}

func TestRender(t *testing.T) {
	for _, tt := range []struct {
		name     string
		mode     language.Mode
		template string
		want     string
	}{
		{"string in a string", language.JSON, `{"n":"x{{.Name}}y"}`, `{"n":"xa\"b\\c\n<é>y"}`},
		{"string behind an escaped quote", language.JSON, `{"n":"\"{{.Name}}\\"}`, `{"n":"\"a\"b\\c\n<é>\\"}`},
		{"string without quotes", language.JSON, `{"n":{{.Name}}}`, `{"n":"a\"b\\c\n<é>"}`},
		{"number", language.JSON, `{"n":{{.Number}},"s":"{{.Number}}"}`, `{"n":91.2,"s":"91.2"}`},
		{"number that was printed", language.JSON, `{"n":{{printf "%.0f" .Number}}}`, `{"n":91}`},
		{"quotes that were printed", language.JSON, `{"n":{{printf "%q" "x"}}}`, `{"n":"x"}`},
		{"bool", language.JSON, `{"n":{{.Yes}}}`, `{"n":true}`},
		{"map", language.JSON, `{"n":{{.Map}}}`, `{"n":{"k":"v","n":7}}`},
		{"list", language.JSON, `{"n":{{.List}}}`, `{"n":["x","\"y\""]}`},
		{"object in a text", language.JSON, `{"n":{{"{}"}}}`, `{"n":"{}"}`},
		{"nothing", language.JSON, `{"a":"{{.Map.none}}","b":{{.Map.none}},"c":{{.Texts.none}}}`, `{"a":"","b":null,"c":null}`},
		{"raw", language.JSON, `{{raw "{\"a\":1}"}}`, `{"a":1}`},
		{"json", language.JSON, `{"n":{{json .Name}},"m":{{.Map | json}}}`, `{"n":"a\"b\\c\n<é>","m":{"k":"v","n":7}}`},
		{"range", language.JSON, `[{{range $i, $x := .List}}{{if $i}},{{end}}"{{$x}}"{{end}}]`, `["x","\"y\""]`},
		{"variables write nothing", language.JSON, `{{$x := .Name}}{"n":"{{$x}}"}`, `{"n":"a\"b\\c\n<é>"}`},
		{"template within a template", language.JSON, `{{define "t"}}"{{.}}"{{end}}[{{template "t" .Name}}]`, `["a\"b\\c\n<é>"]`},
		{"with and else", language.JSON, `"{{with .Texts.none}}{{.}}{{else}}{{.Name}}{{end}}"`, `"a\"b\\c\n<é>"`},
		{"url encoding is not escaped", language.JSON, `"{{urlquery .Name}} {{pathescape .Name}}"`, `"a%22b%5Cc%0A%3C%C3%A9%3E a%22b%5Cc%0A%3C%C3%A9%3E"`},
		{"text", language.Text, `{{.Name}}`, data().Name},
		{"path", language.URL, `http://h/{{.Name}}`, `http://h/a%22b%5Cc%0A%3C%C3%A9%3E`},
		{"query", language.URL, `http://h/?a={{"a b&c"}}&b={{urlencode "a b"}}`, `http://h/?a=a+b%26c&b=a+b`},
		{"path with a slash", language.URL, `http://h/{{"a/b?c"}}/{{urlpath "a/b"}}`, `http://h/a%2Fb%3Fc/a%2Fb`},
		{"functions", language.Text, `{{title "dISK read"}} {{upper "a"}} {{lower "A"}} {{title ""}} {{title "éa"}} {{upper .Number}}`, `Disk read A a  Éa 91.2`},
	} {
		parsed, err := language.Parse(tt.template, tt.mode, nil)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		got, err := parsed.Render(data())
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, string(got)); diff != "" {
			t.Errorf("%s: want (-), got (+):\n%s", tt.name, diff)
		}
	}
}

func TestTemplatesThatFail(t *testing.T) {
	for name, tt := range map[string]struct {
		template string
		want     error
	}{
		"no json":         {`{"a":}`, language.ErrNoJSON},
		"no end":          {`{{range $i := 999999999}}{{end}}`, language.ErrEndless},
		"loops in loops":  {`{{range $i := 9999}}{{range $j := 9999}}{{end}}{{end}}`, language.ErrEndless},
		"calls itself":    {`{{define "t"}}{{template "t" .}}{{template "t" .}}{{end}}{{template "t" .}}`, language.ErrEndless},
		"too much output": {`{{range $i := 9999}}{{printf "%999d" 1}}{{end}}`, language.ErrTooLong},
	} {
		parsed, err := language.Parse(tt.template, language.JSON, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := parsed.Render(data()); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
	if _, err := language.Parse(strings.Repeat(" ", language.MaxSource+1), language.Text, nil); !errors.Is(err, language.ErrTooLong) {
		t.Errorf("a long template: %v", err)
	}
	if _, err := language.Parse(`{{unknown .}}`, language.Text, nil); err == nil {
		t.Error("an unknown function is taken")
	}
}

func TestMentions(t *testing.T) {
	for _, template := range []string{
		`{{.Event}}`, `{{if eq .Event "x"}}{{end}}`, `{{range .List}}{{$.Event}}{{end}}`, `{{with .List}}{{else}}{{upper .Event}}{{end}}`,
		`{{define "t"}}{{.Event}}{{end}}`, `{{template "t" .Event}}{{define "t"}}{{end}}`, `{{printf "%s" (print .Event)}}`, `{{$x := .Event}}`,
	} {
		parsed, err := language.Parse(template, language.Text, nil)
		if err != nil || !parsed.Mentions("Event") || parsed.Mentions("Other") {
			t.Errorf("%s: error %v", template, err)
		}
	}
	parsed, err := language.Parse(`Event {{"Event"}} {{.Other.Event}}`, language.Text, nil)
	if err != nil || parsed.Mentions("Event") {
		t.Errorf("error %v", err)
	}
}

// FuzzTemplate renders any template: what comes out is JSON, or there is an error.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{`{"n":"{{.Name}}"}`, `[{{range .List}}"{{.}}"{{end}}]`, `{{define "a"}}{{end}}{{block "b" .}}1{{end}}`, `{{.Map}}`} {
		f.Add(seed, `x"`)
	}
	f.Fuzz(func(t *testing.T, template, name string) {
		for _, mode := range []language.Mode{language.Text, language.JSON, language.URL} {
			parsed, err := language.Parse(template, mode, nil)
			if err != nil {
				return
			}
			d := data()
			d.Name = name
			got, err := parsed.Render(d)
			if err == nil && len(got) > language.MaxOutput {
				t.Errorf("%d bytes", len(got))
			}
			if mode == language.JSON && err == nil && !json.Valid(got) {
				t.Errorf("%q makes %q", template, got)
			}
		}
	})
}

func BenchmarkRender(b *testing.B) {
	parsed, err := language.Parse(`{"n":"{{.Name}}","l":[{{range $i, $x := .List}}{{if $i}},{{end}}"{{$x | upper}}"{{end}}],"v":{{.Number}}}`, language.JSON, nil)
	if err != nil {
		b.Fatal(err)
	}
	d := data()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parsed.Render(d); err != nil {
			b.Fatal(err)
		}
	}
}
