package update

import "testing"

func TestNewer(t *testing.T) {
	ordered := []string{
		"0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
		"1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "v2.0.0",
	}
	for i, a := range ordered {
		for j, b := range ordered {
			if got := newer(a, b); got != (i > j) {
				t.Errorf("newer(%s, %s) = %v", a, b, got)
			}
		}
	}
}

func TestNoVersionIsNeverNewer(t *testing.T) {
	for _, text := range []string{
		"", "dev", "1", "1.2", "1.2.3.4", "1.02.3", "1.2.x", "1.2.3-", "1.2.3-a..b", "882252f-dirty", "99.0.0-dirty", "99.0.0-4-gabcdef0", "99.0.0-4-gabcdef0-dirty",
		"99999999999999999999.0.0", "-1.0.0", "1.2.3-ü",
	} {
		if newer(text, "1.0.0") || newer("99.0.0", text) {
			t.Errorf("%q counts as a version", text)
		}
	}
	if newer("1.0.0+b", "1.0.0+a") {
		t.Error("build metadata counts")
	}
}

func FuzzNewer(f *testing.F) {
	f.Add("1.0.0", "1.0.0-rc.1")
	f.Add("dev", "v1.2.3-4-gabc")
	f.Fuzz(func(t *testing.T, a, b string) {
		if newer(a, b) && newer(b, a) {
			t.Errorf("%q and %q are newer than each other", a, b)
		}
	})
}
