package launcher

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func exampleSpec() Spec {
	return Spec{
		Level: Separate, Required: true,
		Args: []string{"plugin", "--serve"}, Env: []string{"PATH=", "HOME=/var/lib/pulse/x"}, Dir: "/var/lib/pulse/x",
		Limits: Limits{NoFile: 256, DataBytes: 256 << 20, Processes: 64, Nice: 5, OOMScoreAdj: 500},
		Access: &Access{
			Read: []string{"/etc/hosts"}, Write: []string{"/var/lib/pulse/x"}, Execute: []string{"/lib64"},
			ConnectPorts: []uint16{8006, 443},
		},
		Identity: &Identity{UID: 61000, GID: 61000},
	}
}

func TestSpecSurvivesTheWay(t *testing.T) {
	want := exampleSpec()
	data, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeSpec(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("spec differs (-want +got):\n%s", diff)
	}
}

func TestSpecIsChecked(t *testing.T) {
	for name, change := range map[string]func(*Spec){
		"level too low":           func(s *Spec) { s.Level = Process },
		"level too high":          func(s *Spec) { s.Level = Separate + 1 },
		"relative executable":     func(s *Spec) { s.Path = "plugin" },
		"no arguments":            func(s *Spec) { s.Args = nil },
		"zero byte in argument":   func(s *Spec) { s.Args = []string{"a\x00b"} },
		"too many arguments":      func(s *Spec) { s.Args = make([]string, maxEntries+1) },
		"variable without name":   func(s *Spec) { s.Env = []string{"=x"} },
		"variable without value":  func(s *Spec) { s.Env = []string{"PATH"} },
		"no directory":            func(s *Spec) { s.Dir = "" },
		"directory with dots":     func(s *Spec) { s.Dir = "/var/../etc" },
		"confined without access": func(s *Spec) { s.Access = nil },
		"access at a low level":   func(s *Spec) { s.Level, s.Identity = Limited, nil },
		"identity at a low level": func(s *Spec) { s.Level = Confined },
		"root as identity":        func(s *Spec) { s.Identity.UID = 0 },
		"unchanged group":         func(s *Spec) { s.Identity.GID = math.MaxUint32 },
		"few files":               func(s *Spec) { s.Limits.NoFile = 3 },
		"little memory":           func(s *Spec) { s.Limits.DataBytes = 1 },
		"higher priority":         func(s *Spec) { s.Limits.Nice = -1 },
		"protected from memory":   func(s *Spec) { s.Limits.OOMScoreAdj = -1000 },
		"relative access":         func(s *Spec) { s.Access.Write = []string{"data"} },
		"port 0":                  func(s *Spec) { s.Access.ConnectPorts = []uint16{0} },
		"any port and some":       func(s *Spec) { s.Access.AnyPort = true },
	} {
		spec := exampleSpec()
		change(&spec)
		if _, err := spec.Encode(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: encoded with %v, want %v", name, err, ErrInvalid)
		}
		data, _ := json.Marshal(spec)
		if _, err := DecodeSpec(data); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: decoded with %v, want %v", name, err, ErrInvalid)
		}
	}
}

func TestSpecThatIsNotUnderstoodIsRefused(t *testing.T) {
	spec := exampleSpec()
	good, err := spec.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		"nothing":        "",
		"unknown member": strings.Replace(string(good), `{"level"`, `{"network":"off","level"`, 1),
		"unknown access": strings.Replace(string(good), `"read"`, `"devices":["/dev/kvm"],"read"`, 1),
		"two values":     string(good) + "{}",
		"too long":       string(good) + strings.Repeat(" ", MaxSpecBytes),
		"cut off":        string(good[:len(good)-1]),
	} {
		if _, err := DecodeSpec([]byte(data)); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: got %v, want %v", name, err, ErrInvalid)
		}
	}
}

func FuzzDecodeSpec(f *testing.F) {
	spec := exampleSpec()
	good, err := spec.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"level":1,"args":["a"],"dir":"/"}`))
	f.Add([]byte(`{"level":2,"args":["a"],"dir":"/","access":{"any_port":true}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		spec, err := DecodeSpec(data)
		if err != nil {
			return
		}
		again, err := spec.Encode()
		if err != nil {
			t.Fatalf("decoded spec cannot be encoded: %v", err)
		}
		back, err := DecodeSpec(again)
		if err != nil {
			t.Fatalf("encoded spec cannot be decoded: %v", err)
		}
		third, err := back.Encode()
		if err != nil || string(third) != string(again) {
			t.Fatalf("got %s, want %s (%v)", third, again, err)
		}
	})
}
