// Package language is the template language of webhooks: Go's text/template,
// in which a value cannot break out of the place it is put into.
//
// Within JSON a value becomes part of the string around it, or a JSON value
// of its own where there is no string; within a URL it is escaped for the path
// or for the query. The function raw opts out, and what one of the functions
// for URLs has escaped is not escaped again.
package language

import (
	"encoding/json"
	"errors"
	"fmt"
	"text/template"
	"text/template/parse"
)

// Mode is what a template makes.
type Mode uint8

// The modes.
const (
	Text Mode = iota // values stay as they are
	JSON             // the result must be one JSON value
	URL
)

const (
	// MaxSource bounds the text of a template, in bytes.
	MaxSource = 64 << 10
	// MaxOutput bounds what a template makes, in bytes.
	MaxOutput = 1 << 20
	// maxSteps bounds the rounds of loops and the uses of templates within templates.
	maxSteps = 20_000
)

var (
	// ErrTooLong says that a template or what it makes is too long.
	ErrTooLong = errors.New("template is too long")
	// ErrEndless says that a template goes round and round.
	ErrEndless = errors.New("template takes too many steps")
	// ErrNoJSON says that what a template makes is not JSON.
	ErrNoJSON = errors.New("template makes no valid JSON")
)

// The functions that are put into templates. Who writes them by hand gains nothing.
const (
	escapeFunc = "_escape"
	stepFunc   = "_step"
)

// Template is a template that was read. It is immutable and safe for concurrent use.
type Template struct {
	template  *template.Template
	mode      Mode
	mentioned map[string]bool
}

// Parse reads a template. The functions are added to those of Functions.
func Parse(source string, mode Mode, functions template.FuncMap) (*Template, error) {
	if len(source) > MaxSource {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLong, MaxSource)
	}
	names := template.FuncMap{
		escapeFunc: func(any) string { return "" },
		stepFunc:   func() (string, error) { return "", nil },
	}
	parsed, err := template.New("template").Funcs(Functions()).Funcs(functions).Funcs(names).Parse(source)
	if err != nil {
		return nil, err
	}
	t := &Template{template: parsed, mode: mode, mentioned: map[string]bool{}}
	for _, one := range parsed.Templates() {
		if one.Tree != nil {
			t.prepare(one.Tree)
		}
	}
	return t, nil
}

// Mentions tells whether the template uses a field of its data.
func (t *Template) Mentions(field string) bool { return t.mentioned[field] }

// Render executes the template. The error wraps ErrTooLong, ErrEndless or
// ErrNoJSON, or is that of text/template.
func (t *Template) Render(data any) ([]byte, error) {
	out := &output{mode: t.mode}
	own, err := t.template.Clone()
	if err != nil {
		return nil, fmt.Errorf("clone template: %w", err)
	}
	own.Funcs(template.FuncMap{escapeFunc: out.escape, stepFunc: out.step})
	if err := own.Execute(out, data); err != nil {
		return nil, err
	}
	if t.mode == JSON && !json.Valid(out.text) {
		return nil, ErrNoJSON
	}
	return out.text, nil
}

// prepare puts the functions that keep values and loops within bounds into a template.
func (t *Template) prepare(tree *parse.Tree) {
	t.visit(tree, tree.Root)
	tree.Root.Nodes = append([]parse.Node{call(tree, stepFunc, tree.Root.Pos)}, tree.Root.Nodes...)
}

func (t *Template) visit(tree *parse.Tree, list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.ActionNode:
			t.note(n.Pipe)
			if len(n.Pipe.Decl) == 0 {
				n.Pipe.Cmds = append(n.Pipe.Cmds, command(tree, escapeFunc, n.Pos))
			}
		case *parse.IfNode:
			t.branch(tree, &n.BranchNode)
		case *parse.WithNode:
			t.branch(tree, &n.BranchNode)
		case *parse.RangeNode:
			t.branch(tree, &n.BranchNode)
			n.List.Nodes = append([]parse.Node{call(tree, stepFunc, n.Pos)}, n.List.Nodes...)
		case *parse.TemplateNode:
			t.note(n.Pipe)
		}
	}
}

func (t *Template) branch(tree *parse.Tree, b *parse.BranchNode) {
	t.note(b.Pipe)
	t.visit(tree, b.List)
	t.visit(tree, b.ElseList)
}

// note remembers the fields that a node uses.
func (t *Template) note(node parse.Node) {
	switch n := node.(type) {
	case *parse.PipeNode:
		if n == nil { // {{template "name"}} without data
			return
		}
		for _, c := range n.Cmds {
			for _, arg := range c.Args {
				t.note(arg)
			}
		}
	case *parse.FieldNode:
		t.mentioned[n.Ident[0]] = true
	case *parse.VariableNode:
		if n.Ident[0] == "$" && len(n.Ident) > 1 {
			t.mentioned[n.Ident[1]] = true
		}
	case *parse.ChainNode:
		t.note(n.Node)
	}
}

func command(tree *parse.Tree, function string, at parse.Pos) *parse.CommandNode {
	name := parse.NewIdentifier(function).SetTree(tree).SetPos(at)
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: at, Args: []parse.Node{name}}
}

// call is an action that calls a function and writes nothing.
func call(tree *parse.Tree, function string, at parse.Pos) *parse.ActionNode {
	pipe := &parse.PipeNode{NodeType: parse.NodePipe, Pos: at, Cmds: []*parse.CommandNode{command(tree, function, at)}}
	return &parse.ActionNode{NodeType: parse.NodeAction, Pos: at, Pipe: pipe}
}
