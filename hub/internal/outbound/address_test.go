package outbound

import (
	"errors"
	"net/netip"
	"net/url"
	"testing"
)

func TestAddresses(t *testing.T) {
	for _, tt := range []struct {
		addr, allow     string
		public, private bool
	}{
		{"1.1.1.1", "", true, true},
		{"2606:4700:4700::1111", "", true, true},
		{"172.32.0.0", "", true, true},
		{"100.63.255.255", "", true, true},
		{"::ffff:1.1.1.1", "", true, true},
		{"64:ff9b::1.1.1.1", "", true, true},
		{"2002:101:101::", "", true, true},
		{"10.1.2.3", "", false, true},
		{"10.1.2.3", "10.0.0.0/8", true, true},
		{"10.1.2.3", "10.1.2.4/32", false, true},
		{"172.16.0.1", "", false, true},
		{"192.168.1.1", "", false, true},
		{"100.64.0.1", "", false, true},
		{"fd12:3456::1", "", false, true},
		{"fd12:3456::1", "fd00::/8", true, true},
		{"::ffff:10.0.0.1", "", false, true},
		{"64:ff9b::10.0.0.1", "", false, true},
		{"2002:a00:1::", "", false, true},
		{"198.18.0.1", "", false, true},
		{"127.0.0.1", "", false, true},
		{"127.0.0.1", "127.0.0.0/8", false, true},
		{"::1", "::/0", false, true},
		{"::ffff:127.0.0.1", "0.0.0.0/0", false, true},
		{"64:ff9b::127.0.0.1", "0.0.0.0/0", false, true},
		{"0.0.0.0", "0.0.0.0/0", false, false},
		{"::", "::/0", false, false},
		{"::127.0.0.1", "::/0", false, false},
		{"169.254.169.254", "169.254.0.0/16", false, false},
		{"::ffff:169.254.169.254", "0.0.0.0/0", false, false},
		{"64:ff9b::169.254.169.254", "0.0.0.0/0", false, false},
		{"fd00:ec2::254", "fd00::/8", false, false},
		{"100.100.100.200", "100.64.0.0/10", false, false},
		{"fe80::1", "fe80::/10", false, false},
		{"fe80::1%eth0", "", false, false},
		{"2606:4700:4700::1111%eth0", "", false, false},
		{"224.0.0.1", "224.0.0.0/4", false, false},
		{"255.255.255.255", "0.0.0.0/0", false, false},
	} {
		var allow []netip.Prefix
		if tt.allow != "" {
			allow = append(allow, netip.MustParsePrefix(tt.allow))
		}
		for reach, want := range map[Reach]bool{Public: tt.public, Private: tt.private} {
			g := &guard{reach: reach, allow: allow}
			if err := g.checkAddress(netip.MustParseAddr(tt.addr)); (err == nil) != want || err != nil && !errors.Is(err, ErrRefused) {
				t.Errorf("%s with %q allowed and reach %d: got %v", tt.addr, tt.allow, reach, err)
			}
		}
	}
}

func TestURLs(t *testing.T) {
	for text, want := range map[string][2]bool{ // public, private
		"https://hooks.example.com/x":      {true, true},
		"http://hooks.example.com:8080":    {true, true},
		"ftp://hooks.example.com":          {},
		"file:///etc/passwd":               {},
		"//hooks.example.com":              {},
		"https:///x":                       {},
		"http://localhost/":                {false, true},
		"http://LOCALHOST./":               {false, true},
		"http://a.localhost/":              {false, true},
		"http://[::1]/":                    {false, true},
		"http://10.0.0.1./":                {false, true},
		"http://metadata.google.internal/": {},
		"http://Metadata.Google.Internal.": {},
		"http://169.254.169.254/latest":    {},
		"http://[fd00:ec2::254]/":          {},
		"http://0.0.0.0:7655/":             {},
		"http://[fe80::1%25eth0]/":         {},
	} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for reach, ok := range map[Reach]bool{Public: want[0], Private: want[1]} {
			if err := (&guard{reach: reach}).checkURL(u); (err == nil) != ok || err != nil && !errors.Is(err, ErrRefused) {
				t.Errorf("%s with reach %d: got %v", text, reach, err)
			}
		}
	}
}

// FuzzURL looks for a URL that passes and leads to an address that does not.
func FuzzURL(f *testing.F) {
	for _, seed := range []string{"http://10.0.0.1", "http://[::ffff:10.0.0.1]", "http://2130706433/", "http://a@127.0.0.1", "https://x"} {
		f.Add(seed)
	}
	g := &guard{}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := url.Parse(text)
		if err != nil || g.checkURL(u) != nil {
			return
		}
		if addr, err := netip.ParseAddr(u.Hostname()); err == nil && (addr.Unmap().IsPrivate() || addr.Unmap().IsLoopback() || addr.IsUnspecified()) {
			t.Errorf("%q passes", text)
		}
	})
}
