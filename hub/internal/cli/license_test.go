package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLicenseIsMadeAndInspected(t *testing.T) {
	file := filepath.Join(t.TempDir(), "license.key")
	public := strings.TrimSpace(run(t, "license", "keygen", file).must(t).out)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if got := run(t, "license", "keygen", file); got.code != ExitFailed {
		t.Errorf("the key was replaced: %+v", got)
	}
	issued := run(t, "license", "issue", "--key", file, "--email", "owner@example.com", "--tier", "msp", "--expires", "2100-01-02",
		"--id", "L-1", "--feature", "multi_user", "--max-nodes", "5").must(t).out
	withKey := &typed{environ: map[string]string{"PULSE_LICENSE_PUBLIC_KEY": public}, input: issued}
	got := strings.Join(strings.Fields(withKey.run(t, "license", "inspect").must(t).out), " ")
	for _, want := range []string{"L-1", "owner@example.com", "msp", "Expires: 2100-01-02T00:00:00Z", "update_alerts, unlimited, multi_user", "Nodes: 5", "Guests: any number"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in %s", want, got)
		}
	}
	for expires, want := range map[string]string{"never": "never", "2020-01-01T00:00:00Z": "2020-01-01T00:00:00Z (expired)", "30d": "Z"} {
		issued := run(t, "license", "issue", "--key", file, "--email", "e", "--tier", "pro", "--expires", expires).must(t).out
		if got := run(t, "license", "inspect", "--public-key", public, issued).must(t).out; !strings.Contains(got, want) {
			t.Errorf("%s: %s", expires, got)
		}
	}
}

func TestLicensesThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	file, other := filepath.Join(dir, "license.key"), filepath.Join(dir, "other.key")
	run(t, "license", "keygen", file).must(t)
	foreign := strings.TrimSpace(run(t, "license", "keygen", other).must(t).out)
	issue := []string{"license", "issue", "--key", file, "--email", "e", "--tier", "pro", "--expires"}
	issued := strings.TrimSpace(run(t, append(issue, "never")...).must(t).out)
	noKey := filepath.Join(dir, "none.pem")
	if err := os.WriteFile(noKey, []byte("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"signature", []string{"license", "inspect", "--public-key", foreign, issued}, ExitFailed, "license signature invalid"},
		{"garbage", []string{"license", "inspect", "--public-key", foreign, "garbage"}, ExitFailed, "malformed license key"},
		{"no public key", []string{"license", "inspect", issued}, ExitUsage, "no public key"},
		{"bad public key", []string{"license", "inspect", "--public-key", "AAAA", issued}, ExitUsage, "32 bytes"},
		{"end", append(issue, "soon"), ExitUsage, "is no end"},
		{"end before now", append(issue, "-5d"), ExitUsage, "is no end"},
		{"nothing", []string{"license", "issue", "--key", file}, ExitUsage, "--email is missing"},
		{"no file", []string{"license", "issue", "--key", file + "x", "--email", "e", "--tier", "pro", "--expires", "never"}, ExitFailed, "open key file"},
		{"no key", []string{"license", "issue", "--key", noKey, "--email", "e", "--tier", "pro", "--expires", "never"}, ExitFailed, "not an Ed25519 private key"},
		{"too long", []string{"license", "issue", "--key", file, "--email", strings.Repeat("e", 400), "--tier", "pro", "--expires", "never"}, ExitFailed, "email is too long"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := run(t, tt.args...); got.code != tt.code || !strings.Contains(got.errors, tt.want) {
				t.Errorf("got %d %q, want %d %q", got.code, got.errors, tt.code, tt.want)
			}
		})
	}
}
