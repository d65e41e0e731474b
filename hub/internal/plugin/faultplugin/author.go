package faultplugin

import (
	"context"
	"fmt"

	"github.com/pulse-hub/pulse/sdk"
)

// authored is the plugin as an author would write it with the SDK. Its one
// source takes the same configuration as that of the other modes, of which it
// knows the number of resources, and "panic" as a way to fail.
func authored() *sdk.Plugin {
	things := sdk.Datasets(sdk.Dataset{Name: "things"})
	return sdk.DatasetSource(sdk.New(ID, Version), "thing", "Things",
		func(c authoredConfig) (authoredSource, error) { return authoredSource{c}, nil }, things)
}

type authoredConfig struct {
	Resources int        `json:"resources" title:"Resources"`
	Fail      string     `json:"fail" title:"Way to fail"`
	Token     sdk.Secret `json:"token" title:"Token"`
}

type authoredSource struct{ authoredConfig }

// CollectDataset panics or makes up resources.
func (s authoredSource) CollectDataset(_ context.Context, _ string, out *sdk.Snapshot) error {
	if s.Fail == "panic" {
		panic("the author made a mistake")
	}
	for i := range s.Resources {
		id := fmt.Sprintf("thing/%d", i)
		out.Add("thing", id, id, sdk.Running)
	}
	return nil
}
