package discover

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
)

func TestCertificatesTellWherePagesDoNot(t *testing.T) {
	for owner, want := range map[string]string{
		"PVE Cluster Node Proxmox Virtual Environment": "pve", "Proxmox Backup Server": "pbs", "Proxmox Mail Gateway": "pmg", "Acme Co": "",
	} {
		if got := identify([]byte("<html>not permitted</html>"), owner).Type; got != want {
			t.Errorf("identify of a certificate of %q gave %q, want %q", owner, got, want)
		}
	}
}

func TestOwnNetworksThatAreWideAreNarrowed(t *testing.T) {
	s := New(Options{Interfaces: func() ([]netip.Prefix, error) {
		return []netip.Prefix{netip.MustParsePrefix("10.1.2.3/8"), netip.MustParsePrefix("192.168.7.9/26")}, nil
	}})
	got, err := s.ownPrivate()
	if err != nil || len(got) != 2 || got[0].Prefix.String() != "10.1.2.0/24" || got[1].Prefix.String() != "192.168.7.0/26" || !got[0].Own {
		t.Errorf("own networks are %v, %v", got, err)
	}
}

// FuzzIdentify: pages of strangers have no name or version with anything but
// the characters of one.
func FuzzIdentify(f *testing.F) {
	pages, err := filepath.Glob(filepath.Join("testdata", "*.html"))
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range pages {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, "Proxmox Backup Server")
	}
	f.Fuzz(func(t *testing.T, page []byte, owner string) {
		got := identify(page, owner)
		if got.Type == "" && got != (Server{}) {
			t.Errorf("a stranger has %+v", got)
		}
		for _, text := range []string{got.Hostname, got.Version, got.Release} {
			for _, c := range text {
				if c <= ' ' || c > '~' || c == '<' || c == '"' || c == '\'' {
					t.Errorf("%q is not a name", text)
				}
			}
			if len(text) > 63 {
				t.Errorf("%q is too long", text)
			}
		}
	})
}

// FuzzNetwork: whatever is accepted has addresses within it.
func FuzzNetwork(f *testing.F) {
	for _, seed := range []string{"10.0.0.0/24", "10.0.0.1", "::1/128", "fd00::/8", "0.0.0.0/0", "x", "255.255.255.255/32", "1.2.3.4/31"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		prefix, err := parseNetwork(text)
		if err != nil {
			return
		}
		addresses, _ := addressesOf([]Network{{Prefix: prefix}}, &Settings{MaxHosts: 10})
		if len(addresses) == 0 || len(addresses) > 10 {
			t.Errorf("%q has %d addresses", text, len(addresses))
		}
		for _, address := range addresses {
			if !prefix.Contains(address) {
				t.Errorf("%v is not in %q", address, text)
			}
		}
	})
}
