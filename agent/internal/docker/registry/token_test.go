package registry

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParameters(t *testing.T) {
	tests := []struct {
		text string
		want map[string]string
	}{
		{`realm="https://a/t?x=1,2",service="s", scope="a b"`, map[string]string{"realm": "https://a/t?x=1,2", "service": "s", "scope": "a b"}},
		{`realm=plain, Service=s`, map[string]string{"realm": "plain", "service": "s"}},
		{`realm="never ends`, map[string]string{"realm": "never ends"}},
		{`nothing`, map[string]string{}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, parameters(test.text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.text, diff)
		}
	}
}

func FuzzParameters(f *testing.F) {
	f.Add(`realm="https://a",service="s"`)
	f.Add(`="`)
	f.Fuzz(func(t *testing.T, text string) {
		if found := parameters(text); len(found) > 16 {
			t.Errorf("%d parameters", len(found))
		}
	})
}

func FuzzFindLogin(f *testing.F) {
	f.Add([]byte(`{"auths":{"a":{"auth":"Yjpj"}}}`))
	f.Add([]byte(`{"auths":[]}`))
	f.Fuzz(func(_ *testing.T, text []byte) { _ = findLogin(text, "a") })
}
