// Package docs makes a readable page out of the description of the API.
package docs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"

	_ "embed"
)

// ContentType is that of the page.
const ContentType = "text/html; charset=utf-8"

//go:embed page.html
var page string

// document is what the page shows of an OpenAPI 3.1 document.
type document struct {
	Info struct {
		Title, Version, Description string
	}
	Paths      map[string]map[string]operation
	Components struct {
		Schemas map[string]json.RawMessage
	}
}

type operation struct {
	OperationID, Summary, Description string
	Tags                              []string
	Security                          []map[string][]string
	Parameters                        []parameter
	RequestBody                       struct{ Content map[string]content }
	Responses                         map[string]struct {
		Description string
		Content     map[string]content
	}
}

type parameter struct {
	Name, In, Description string
	Required              bool
	Schema                struct{ Enum []string }
}

type content struct{ Schema json.RawMessage }

// area is a group of operations on the page.
type area struct {
	Name       string
	Operations []entry
}

// entry is one operation on the page.
type entry struct {
	operation
	Method, Path, Curl string
	Request            string
	Answers            []answer
}

type answer struct{ Status, Description, Schema string }

// Page renders an OpenAPI document as one HTML page that needs nothing else.
func Page(description []byte) ([]byte, error) {
	var d document
	if err := json.Unmarshal(description, &d); err != nil {
		return nil, fmt.Errorf("read description: %w", err)
	}
	layout, err := template.New("page").Parse(page)
	if err != nil {
		return nil, fmt.Errorf("parse page: %w", err)
	}
	var out bytes.Buffer
	err = layout.Execute(&out, map[string]any{"Info": d.Info, "Areas": d.areas(), "Schemas": d.schemas()})
	if err != nil {
		return nil, fmt.Errorf("render page: %w", err)
	}
	return out.Bytes(), nil
}

// areas groups the operations by their first tag, in alphabetical order.
func (d *document) areas() []area {
	groups := map[string][]entry{}
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(d.Paths[path])) {
			op := d.Paths[path][method]
			name := "Other"
			if len(op.Tags) > 0 {
				name = op.Tags[0]
			}
			groups[name] = append(groups[name], newEntry(strings.ToUpper(method), path, op))
		}
	}
	var areas []area
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		areas = append(areas, area{name, groups[name]})
	}
	return areas
}

func newEntry(method, path string, op operation) entry {
	e := entry{operation: op, Method: method, Path: path, Request: schemaOf(op.RequestBody.Content)}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		response := op.Responses[status]
		e.Answers = append(e.Answers, answer{status, response.Description, schemaOf(response.Content)})
	}
	e.Curl = curl(&e)
	return e
}

// curl is a command line that calls the operation.
func curl(e *entry) string {
	var b strings.Builder
	b.WriteString("curl")
	if e.Method != http.MethodGet {
		b.WriteString(" -X " + e.Method)
	}
	if len(e.Security) > 0 {
		b.WriteString(` -H "X-API-Token: $TOKEN"`)
	}
	if e.Request != "" {
		b.WriteString(` -H "Content-Type: application/json" -d @body.json`)
	}
	query := ""
	for _, p := range e.Parameters {
		if p.In == "query" && p.Required {
			query += "&" + p.Name + "=…"
		}
	}
	if query != "" {
		query = "?" + query[1:]
	}
	return b.String() + ` "$PULSE_URL` + e.Path + query + `"`
}

// schemaOf names the schema of a body, or shows it where it has no name.
func schemaOf(contents map[string]content) string {
	if len(contents) == 0 {
		return ""
	}
	media := slices.Sorted(maps.Keys(contents))[0]
	raw := contents[media].Schema
	var reference struct {
		Ref string `json:"$ref"`
	}
	switch {
	case json.Unmarshal(raw, &reference) == nil && reference.Ref != "":
		return strings.TrimPrefix(reference.Ref, "#/components/schemas/")
	case len(raw) > 0:
		return string(raw)
	}
	return media
}

type schema struct{ Name, JSON string }

func (d *document) schemas() []schema {
	var all []schema
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		var out bytes.Buffer
		if json.Indent(&out, d.Components.Schemas[name], "", "  ") == nil {
			all = append(all, schema{name, out.String()})
		}
	}
	return all
}
