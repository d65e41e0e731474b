package client

import (
	"reflect"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/api"
)

func TestShapesOfKeysAreThoseOfTheAPI(t *testing.T) {
	compare(t, "RotatedKey", reflect.TypeFor[RotatedKey](), reflect.TypeFor[api.RotatedKey]())
}
