//go:build !linux

package conformance_test

import "github.com/pulse-hub/pulse/sdk/conformance"

func sandbox() conformance.Confine { return nil }
