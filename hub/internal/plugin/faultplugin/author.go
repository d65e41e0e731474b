package faultplugin

import (
	"context"
	"fmt"

	"github.com/pulse-hub/pulse/sdk"
)

// authored is the plugin as an author would write it with the SDK. Its one
// source takes the same configuration as that of the other modes, of which it
// knows the number of resources, "panic" as a way to fail, and attempts.
func authored() *sdk.Plugin {
	things := sdk.Datasets(sdk.Dataset{Name: "things"})
	return sdk.DatasetSource(sdk.New(ID, Version), "thing", "Things",
		func(c authoredConfig) (authoredSource, error) { return authoredSource{c}, nil }, things)
}

type authoredConfig struct {
	Resources int          `json:"resources" title:"Resources"`
	Fail      string       `json:"fail" title:"Way to fail"`
	Attempts  []string     `json:"attempts" title:"Attempts"`
	Address   string       `json:"address" title:"Address that it may connect to"`
	Token     sdk.Secret   `json:"token" title:"Token"`
	Instance  sdk.Instance `json:"-"`
}

type authoredSource struct{ authoredConfig }

// CollectDataset panics, or makes up resources and one for each attempt, whose name says what came of it.
func (s authoredSource) CollectDataset(ctx context.Context, _ string, out *sdk.Snapshot) error {
	if s.Fail == "panic" {
		panic("the author made a mistake")
	}
	for i := range s.Resources {
		id := fmt.Sprintf("thing/%d", i)
		out.Add("thing", id, id, sdk.Running)
	}
	for _, attempt := range s.Attempts {
		out.Add("attempt", attempt, s.attempt(ctx, attempt), sdk.Running)
	}
	return nil
}
