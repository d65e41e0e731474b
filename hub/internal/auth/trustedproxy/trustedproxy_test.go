package trustedproxy

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/auth"
)

const secret = "proxy-secret"

func request(header ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

func role(name string, permissions ...auth.Permission) auth.Role {
	return auth.Role{Name: name, Permissions: permissions}
}

// roles finds the roles that somebody has made, and the built-in ones.
func roles(name string) (auth.Role, bool) {
	for _, one := range append(auth.BuiltInRoles(),
		role("night-shift", auth.Permission{Resource: auth.ResourceMonitoring, Action: auth.ActionRead}, auth.Permission{Resource: auth.ResourceAlerts, Action: auth.ActionAny}, auth.Permission{Resource: auth.ResourceNodes, Action: auth.ActionAny}),
		role("auditor", auth.Permission{Resource: auth.ResourceAudit, Action: auth.ActionRead}),
		role("owner", auth.Permission{Resource: auth.ResourceAny, Action: auth.ActionAny}),
	) {
		if one.Name == name {
			return one, true
		}
	}
	return auth.Role{}, false
}

func TestWhoIsRecognised(t *testing.T) {
	full := Options{Secret: secret, UserHeader: "X-User", RoleHeader: "X-Roles", Roles: roles}
	named := Options{Secret: secret, UserHeader: "X-User"}
	groups := Options{Secret: secret, RoleHeader: "X-Roles", Separator: ",", AdminRole: "pulse-admins", Roles: roles}
	lan := Options{Secret: secret, Networks: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fe80::/10")}}
	const home = "192.0.2.7"
	tests := []struct {
		name    string
		options Options
		peer    string
		header  []string
		user    string
		role    string
		err     error
	}{
		{"nothing configured", Options{}, home, []string{"X-Proxy-Secret", ""}, "", "", nil},
		{"no secret", named, home, []string{"X-User", "anna"}, "", "", nil},
		{"empty secret", named, home, []string{"X-Proxy-Secret", "", "X-User", "anna"}, "", "", nil},
		{"wrong secret", named, home, []string{"X-Proxy-Secret", "proxy-secreT", "X-User", "anna"}, "", "", nil},
		{"beginning of the secret", named, home, []string{"X-Proxy-Secret", "proxy", "X-User", "anna"}, "", "", nil},
		{"secret twice", named, home, []string{"X-Proxy-Secret", secret, "X-Proxy-Secret", secret, "X-User", "anna"}, "", "", nil},
		{"no headers configured", Options{Secret: secret}, home, []string{"X-Proxy-Secret", secret}, Unnamed, "admin", nil},
		{"no role header configured", named, home, []string{"X-Proxy-Secret", secret, "X-User", " anna "}, "anna", "admin", nil},
		{"user missing", named, home, []string{"X-Proxy-Secret", secret}, "", "", ErrNoUser},
		{"user blank", named, home, []string{"X-Proxy-Secret", secret, "X-User", "  "}, "", "", ErrNoUser},
		{"user long", named, home, []string{"X-Proxy-Secret", secret, "X-User", strings.Repeat("a", MaxUser+1)}, "", "", ErrUser},
		{"user as long as may be", named, home, []string{"X-Proxy-Secret", secret, "X-User", strings.Repeat("a", MaxUser)}, strings.Repeat("a", MaxUser), "admin", nil},
		{"user of another script", named, home, []string{"X-Proxy-Secret", secret, "X-User", "Zoë Ørsted"}, "Zoë Ørsted", "admin", nil},
		{"user with something hidden", named, home, []string{"X-Proxy-Secret", secret, "X-User", "anna\u200b"}, "", "", ErrUser},
		{"user with a line break", named, home, []string{"X-Proxy-Secret", secret, "X-User", "anna\nadmin"}, "", "", ErrUser},
		{"user that is no text", named, home, []string{"X-Proxy-Secret", secret, "X-User", "anna\xff"}, "", "", ErrUser},
		{"client sent a user, too", named, home, []string{"X-Proxy-Secret", secret, "X-User", "root", "X-User", "anna"}, "", "", ErrRepeated},
		{"role absent", full, home, []string{"X-Proxy-Secret", secret, "X-User", "anna"}, "anna", "operator", nil},
		{"role empty", full, home, []string{"X-Proxy-Secret", secret, "X-User", "anna", "X-Roles", ""}, "anna", "operator", nil},
		{"role only separators", full, home, []string{"X-Proxy-Secret", secret, "X-User", "anna", "X-Roles", " | || "}, "anna", "operator", nil},
		{"role unknown", full, home, []string{"X-Proxy-Secret", secret, "X-User", "anna", "X-Roles", "staff|vpn"}, "anna", "operator", nil},
		{"role almost admin", full, home, []string{"X-Proxy-Secret", secret, "X-User", "anna", "X-Roles", "Admin|adm|admin,x"}, "anna", "operator", nil},
		{"role of administrators", full, home, []string{"X-Proxy-Secret", secret, "X-User", "anna", "X-Roles", "staff | admin "}, "anna", "admin", nil},
		{"role less than the default", full, home, []string{"X-Proxy-Secret", secret, "X-User", "anna", "X-Roles", "viewer"}, "anna", "viewer", nil},
		{"strongest of two", full, home, []string{"X-Proxy-Secret", secret, "X-User", "anna", "X-Roles", "viewer|operator|auditor"}, "anna", "operator", nil},
		{"strongest is made by somebody", full, home, []string{"X-Proxy-Secret", secret, "X-User", "anna", "X-Roles", "operator|night-shift|viewer"}, "anna", "night-shift", nil},
		{"administrators by another name", full, home, []string{"X-Proxy-Secret", secret, "X-User", "anna", "X-Roles", "operator|owner"}, "anna", "owner", nil},
		{"roles twice", full, home, []string{"X-Proxy-Secret", secret, "X-User", "anna", "X-Roles", "admin", "X-Roles", "viewer"}, "", "", ErrRepeated},
		{"roles long", full, home, []string{"X-Proxy-Secret", secret, "X-User", "anna", "X-Roles", strings.Repeat("a|", MaxRoles)}, "", "", ErrRoles},
		{"own word for administrators", groups, home, []string{"X-Proxy-Secret", secret, "X-Roles", "vpn,pulse-admins"}, Unnamed, "admin", nil},
		{"admin of something else", groups, home, []string{"X-Proxy-Secret", secret, "X-Roles", "vpn,admin"}, Unnamed, "operator", nil},
		{"wrong separator", groups, home, []string{"X-Proxy-Secret", secret, "X-Roles", "vpn|pulse-admins"}, Unnamed, "operator", nil},
		{"default is never admin", Options{Secret: secret, RoleHeader: "X-Roles", DefaultRole: auth.Administrator()}, home, []string{"X-Proxy-Secret", secret}, Unnamed, "operator", nil},
		{"own default", Options{Secret: secret, RoleHeader: "X-Roles", DefaultRole: auth.Viewer()}, home, []string{"X-Proxy-Secret", secret}, Unnamed, "viewer", nil},
		{"within the networks", lan, "10.1.2.3", []string{"X-Proxy-Secret", secret}, Unnamed, "admin", nil},
		{"within, written as IPv6", lan, "::ffff:10.1.2.3", []string{"X-Proxy-Secret", secret}, Unnamed, "admin", nil},
		{"within, with a zone", lan, "fe80::1%eth0", []string{"X-Proxy-Secret", secret}, Unnamed, "admin", nil},
		{"outside of the networks", lan, "10.2.2.3", []string{"X-Proxy-Secret", secret}, "", "", nil},
		{"no address", lan, "", []string{"X-Proxy-Secret", secret}, "", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			peer, _ := netip.ParseAddr(tt.peer)
			principal, err := New(tt.options).Authenticate(request(tt.header...), peer)
			if !errors.Is(err, tt.err) {
				t.Fatalf("got %v, want %v", err, tt.err)
			}
			if tt.user == "" {
				if principal != nil {
					t.Errorf("recognised %+v", principal)
				}
				return
			}
			if principal == nil {
				t.Fatal("nobody is recognised")
			}
			if principal.Method != auth.MethodProxy || principal.User != tt.user || principal.Role.Name != tt.role || principal.Session != "" {
				t.Errorf("recognised %+v, want %s as %s", principal, tt.user, tt.role)
			}
		})
	}
}

func TestNothingOfTheProxyIsLeft(t *testing.T) {
	p := New(Options{Secret: secret, UserHeader: "x-user", RoleHeader: "X-roles", LogoutURL: "https://sso.example.com/out"})
	r := request("X-Proxy-Secret", secret, "X-User", "anna", "X-User", "ben", "X-Roles", "admin", "Accept", "*/*")
	p.Strip(r)
	if diff := cmp.Diff(http.Header{"Accept": {"*/*"}}, r.Header); diff != "" {
		t.Error(diff)
	}
	if principal, err := p.Authenticate(r, netip.Addr{}); principal != nil || err != nil {
		t.Errorf("afterwards: %v, %v", principal, err)
	}
	if !p.Configured() || !p.Named() || p.LogoutURL() != "https://sso.example.com/out" {
		t.Error("it does not know how it is configured")
	}
	r = request("X-Proxy-Secret", secret)
	off := New(Options{})
	if off.Strip(r); len(r.Header) != 0 || off.Configured() || off.Named() {
		t.Errorf("without a proxy: %v", r.Header)
	}
}

func FuzzHeaders(f *testing.F) {
	f.Add("anna", "admin|viewer", "|", "admin")
	f.Add(" ", "", "", "")
	f.Add("a\x00\u202e", "night-shift , owner", ",", "pulse")
	f.Fuzz(func(t *testing.T, user, names, separator, adminRole string) {
		p := New(Options{Secret: secret, UserHeader: "X-User", RoleHeader: "X-Roles", Separator: separator, AdminRole: adminRole, Roles: roles})
		r := request("X-Proxy-Secret", secret, "X-User", user, "X-Roles", names)
		principal, err := p.Authenticate(r, netip.Addr{})
		if err != nil {
			if principal != nil {
				t.Errorf("recognised %+v in spite of %v", principal, err)
			}
			return
		}
		if principal.User == "" || len(principal.User) > MaxUser || !utf8.ValidString(principal.User) || strings.ContainsAny(principal.User, "\r\n\x00\u200b\u202e") {
			t.Errorf("the user is %q", principal.User)
		}
		if principal.IsAdmin() && !strings.Contains(names, "owner") && !strings.Contains(names, p.options.AdminRole) {
			t.Errorf("%q makes an administrator, though %q does", names, p.options.AdminRole)
		}
	})
}

func BenchmarkAuthenticate(b *testing.B) {
	p := New(Options{Secret: secret, UserHeader: "X-User", RoleHeader: "X-Roles", Roles: roles})
	peer := netip.MustParseAddr("10.1.2.3")
	b.Run("proxy", func(b *testing.B) {
		r := request("X-Proxy-Secret", secret, "X-User", "anna", "X-Roles", "staff|viewer|operator")
		b.ReportAllocs()
		for b.Loop() {
			if principal, err := p.Authenticate(r, peer); principal == nil || err != nil {
				b.Fatal(principal, err)
			}
		}
	})
	b.Run("others", func(b *testing.B) {
		r := request("Accept", "*/*")
		b.ReportAllocs()
		for b.Loop() {
			if principal, err := p.Authenticate(r, peer); principal != nil || err != nil {
				b.Fatal(principal, err)
			}
		}
	})
}
