package scaffold

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"text/template"
	"unicode"
)

// names are what the new plugin is called in the files.
type names struct {
	ID, Kind string
	Name     string // that of the program, the second part of the id
	Type     string // of the component
	Title    string // for people
	SDK      string // where Go finds the SDK
	Version  string // of Go, in go.mod
	Modules  []module
}

func (o *Options) names() names {
	_, name, _ := strings.Cut(o.ID, ".")
	return names{ID: o.ID, Kind: o.Kind, Name: name, Type: name, Title: title(name)}
}

// title writes "my-nas" as "My nas".
func title(name string) string {
	runes := []rune(strings.ReplaceAll(name, "-", " "))
	runes[0] = unicode.ToUpper(runes[0])
	return string(runes)
}

// render fills in one of the package's templates.
func render(file string, data names) ([]byte, error) {
	parsed, err := template.New("").Option("missingkey=error").ParseFS(own, "templates/"+file)
	if err != nil {
		return nil, fmt.Errorf("read template: %w", err)
	}
	var out bytes.Buffer
	if err := parsed.ExecuteTemplate(&out, file[strings.LastIndexByte(file, '/')+1:], data); err != nil {
		return nil, fmt.Errorf("fill in template: %w", err)
	}
	return out.Bytes(), nil
}

// errExample says that an example has changed so that it cannot be adapted.
var errExample = errors.New("the example does not have the expected text")

// adapt reads a file of the repository and replaces texts, each of which must
// be in it: pairs of old and new.
func (o *Options) adapt(file string, pairs ...string) ([]byte, error) {
	content, err := fs.ReadFile(o.Source, file)
	if err != nil {
		return nil, fmt.Errorf("read example: %w", err)
	}
	for i := 0; i < len(pairs); i += 2 {
		if !bytes.Contains(content, []byte(pairs[i])) {
			return nil, fmt.Errorf("%w: %s: %q", errExample, file, pairs[i])
		}
		content = bytes.ReplaceAll(content, []byte(pairs[i]), []byte(pairs[i+1])) //nolint:gosec // G602: pairs come in pairs
	}
	return content, nil
}
