package recovery

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

func TestBootstrapFromStartToEnd(t *testing.T) {
	dir := t.TempDir()
	b := NewBootstrap(dir)
	if err := b.Check(strings.Repeat("a", 48)); !errors.Is(err, ErrNotPending) || b.Pending() {
		t.Errorf("before it is prepared: %v", err)
	}
	token, created, err := b.Prepare()
	if err != nil || !created || !regexp.MustCompile(`^[0-9a-f]{48}$`).MatchString(token) {
		t.Fatalf("made %q, %v, %v", token, created, err)
	}
	kept, err := os.ReadFile(filepath.Join(dir, ".bootstrap_token"))
	if err != nil || string(kept) != token+"\n" || b.Path() != filepath.Join(dir, ".bootstrap_token") {
		t.Errorf("the file holds %q, %v", kept, err)
	}
	if info, err := os.Stat(b.Path()); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info, err)
	}
	again := NewBootstrap(dir) // after a restart
	if same, created, err := again.Prepare(); err != nil || created || same != token {
		t.Errorf("a restart gave %q, %v, %v", same, created, err)
	}
	for name, candidate := range map[string]string{
		"nothing": "", "a part": token[:47], "more": token + "0", "another": strings.Repeat("0", 48), "in capitals": strings.ToUpper(token) + "F",
	} {
		if err := again.Check(candidate); !errors.Is(err, ErrWrongToken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := again.Check(token + "\n"); err != nil {
		t.Errorf("the token itself: %v", err)
	}
	if !again.Pending() {
		t.Error("a check ended the first run")
	}
	for range 2 {
		if err := again.Finish(); err != nil {
			t.Error(err)
		}
	}
	if err := again.Check(token); !errors.Is(err, ErrNotPending) || again.Pending() {
		t.Errorf("after the first run: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestStaleTokenIsRemoved(t *testing.T) {
	b := NewBootstrap(t.TempDir())
	if err := os.WriteFile(b.Path(), []byte("stale"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := b.Finish(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(b.Path()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestWhatIsNoTokenIsReplaced(t *testing.T) {
	good := strings.Repeat("0123456789abcdef", 3)
	tests := map[string]struct {
		content string
		mode    fs.FileMode
		reused  bool
	}{
		"a token":                     {good + "\n", 0o600, true},
		"a token that others can see": {good, 0o644, true},
		"one that others could write": {good, 0o666, false},
		"one that a group could":      {good, 0o660, false},
		"nothing":                     {"", 0o600, false},
		"blanks":                      {" \n", 0o600, false},
		"a short one":                 {good[1:], 0o600, false},
		"a long one":                  {good + "0", 0o600, false},
		"capitals":                    {strings.ToUpper(good), 0o600, false},
		"more than a token":           {good + strings.Repeat("\n", 1000) + good, 0o600, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && tt.mode != 0o600 {
				t.Skip("files have no such permissions here")
			}
			b := NewBootstrap(t.TempDir())
			if err := os.WriteFile(b.Path(), []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(b.Path(), tt.mode); err != nil {
				t.Fatal(err)
			}
			// A start that was cut off has left this.
			if err := os.WriteFile(b.Path()+".new", []byte("half"), 0o600); err != nil {
				t.Fatal(err)
			}
			token, created, err := b.Prepare()
			if err != nil || created == tt.reused || (token == good) != tt.reused {
				t.Errorf("got %q, %v, %v", token, created, err)
			}
			info, err := os.Stat(b.Path())
			if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Errorf("the file is %v, %v", info, err)
			}
			if err := b.Check(token); err != nil {
				t.Error(err)
			}
		})
	}
}

func FuzzTokens(f *testing.F) {
	f.Add("")
	f.Add(strings.Repeat("a", 48))
	f.Add(strings.Repeat("F", 64))
	f.Fuzz(func(t *testing.T, candidate string) {
		b := NewBootstrap(t.TempDir())
		token, _, err := b.Prepare()
		if err != nil {
			t.Fatal(err)
		}
		if b.Check(candidate) == nil && strings.TrimSpace(candidate) != token {
			t.Errorf("%q is taken for the token", candidate)
		}
		if err := os.WriteFile(b.Path(), []byte(candidate), 0o600); err != nil {
			t.Fatal(err)
		}
		if token, created, err := b.Prepare(); err != nil || !bootstrapToken.MatchString(token) || !created && token != strings.TrimSpace(candidate) {
			t.Errorf("from a file with %q: %q, %v, %v", candidate, token, created, err)
		}
	})
}
