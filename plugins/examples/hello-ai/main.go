// Command hello-ai is a plugin whose model repeats what it is told.
package main

import (
	"context"
	"strings"

	"github.com/pulse-hub/pulse/sdk"
)

type config struct {
	Prefix string `json:"prefix" title:"Prefix" default:"echo:"`
}

type echo struct{ config }

func (e echo) Models(context.Context) ([]sdk.ChatModel, error) {
	return []sdk.ChatModel{{ID: "echo-1", Name: "Echo", ContextTokens: 8192}}, nil
}

func (e echo) Chat(ctx context.Context, r *sdk.ChatRequest, emit func(sdk.ChatDelta) error) error {
	last := r.Messages[len(r.Messages)-1].Text()
	for word := range strings.FieldsSeq(e.Prefix + " " + last) {
		if err := emit(sdk.Text(word + " ")); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	sdk.Main(sdk.AI(sdk.New("acme.echo", "0.1.0"), "echo", "Echo",
		func(c config) (echo, error) { return echo{c}, nil }))
}
