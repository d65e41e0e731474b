package client

import (
	"reflect"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/api"
)

func TestShapesOfAccessAreThoseOfTheAPI(t *testing.T) {
	for _, pair := range []struct{ ours, theirs any }{
		{Token{}, api.Token{}},
		{NewToken{}, api.NewToken{}},
		{CreatedToken{}, api.CreatedToken{}},
		{User{}, api.User{}},
		{NewUser{}, api.NewUser{}},
		{UserChange{}, api.UserChange{}},
		{Recovery{}, api.RecoveryDone{}},
		{recoveryOrder{}, api.RecoveryOrder{}},
	} {
		compare(t, reflect.TypeOf(pair.ours).Name(), reflect.TypeOf(pair.ours), reflect.TypeOf(pair.theirs))
	}
}
