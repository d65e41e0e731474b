package nodes

import (
	"net/url"
	"testing"
)

// FuzzAddress: whatever is accepted is a URL of a host with a port, and is
// normal already when it is normalized.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"pve.lan", "https://10.0.0.1:8006/x?y#z", "[fd00::1]:443", "fd00::1", "http://h:1", "3com", "a b", "[", "%zz"} {
		f.Add(seed, "pve")
		f.Add(seed, "pbs")
	}
	f.Fuzz(func(t *testing.T, text, typ string) {
		p, err := productOf(typ)
		if err != nil {
			return
		}
		normal, err := p.normalize(text)
		if err != nil {
			return
		}
		u, err := url.Parse(normal)
		if err != nil {
			return // a name that no URL can have; the plugin refuses it by its schema
		}
		if u.Hostname() == "" || u.Port() == "" || u.User != nil || u.Path != "" {
			t.Errorf("%q became %q", text, normal)
		}
		if again, err := p.normalize(normal); err != nil || again != normal {
			t.Errorf("%q became %q, and that %q, %v", text, normal, again, err)
		}
	})
}
