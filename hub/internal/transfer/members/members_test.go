package members_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/transfer/members"
)

type inner struct {
	Deep string `json:"deep"`
}

type shape struct {
	inner
	Name    string           `json:"name,omitempty"`
	Plain   int              // no tag, as capitalised keys are
	List    []inner          `json:"list"`
	ByName  map[string]inner `json:"byName"`
	Pointer *inner           `json:"pointer"`
	When    time.Time        `json:"when"`
	Raw     json.RawMessage  `json:"raw"`
	Any     any              `json:"any"`
	Hidden  string           `json:"-"`
}

func TestUnknownMembersAreNamed(t *testing.T) {
	tests := map[string]struct {
		text string
		want []string
	}{
		"all known":    {`{"deep":"","NAME":"","plain":1,"list":[{"deep":""}],"byName":{"x":{}},"pointer":null,"when":"","raw":{"x":1},"any":{"x":1}}`, nil},
		"at the top":   {`{"b":1,"a":2,"name":""}`, []string{"a", "b"}},
		"in a list":    {`{"list":[{},{"colour":1}]}`, []string{"list[1].colour"}},
		"in a map":     {`{"byName":{"x":{"colour":1}}}`, []string{"byName.x.colour"}},
		"by a pointer": {`{"pointer":{"colour":1}}`, []string{"pointer.colour"}},
		"hidden":       {`{"-":1,"hidden":1}`, []string{"-", "hidden"}},
		"other kinds":  {`{"list":{"a":1},"byName":[1],"pointer":7}`, nil},
		"no object":    {`[1]`, nil},
		"no JSON":      {`{`, nil},
		"control":      {"{\"a\\nb\":1}", []string{"a b"}},
	}
	for name, tt := range tests {
		if diff := cmp.Diff(tt.want, members.Unknown[shape]([]byte(tt.text))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestNotMoreThanAHundredAreNamed(t *testing.T) {
	many := map[string]int{}
	for i := range 500 {
		many[fmt.Sprintf("%03d%s", i, strings.Repeat("k", 400))] = i
	}
	text, err := json.Marshal(many)
	if err != nil {
		t.Fatal(err)
	}
	got := members.Unknown[shape](text)
	if len(got) != 100 || len(got[0]) > 210 {
		t.Errorf("%d are named, the first with %d bytes", len(got), len(got[0]))
	}
}
