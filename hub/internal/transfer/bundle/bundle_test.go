package bundle_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/transfer/bundle"
)

// vector returns the published test vector of version 5, and what is in it.
func vector(t testing.TB) (data, plain string) {
	t.Helper()
	sealed, err := os.ReadFile("testdata/v5.b64")
	if err != nil {
		t.Fatal(err)
	}
	opened, err := os.ReadFile("testdata/v5.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(sealed), string(opened)
}

// vectorPassphrase is the one that the test vector was made with.
const vectorPassphrase = "use-a-strong-passphrase"

func TestTheVectorOfVersion5Opens(t *testing.T) {
	data, plain := vector(t)
	opened, err := bundle.Open(data, vectorPassphrase)
	if err != nil || opened.Format != bundle.FormatV5 {
		t.Fatalf("got %q, %v", opened.Format, err)
	}
	var got, want any
	if err := json.Unmarshal(opened.Plain, &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(plain), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatWasSealedOpens(t *testing.T) {
	large := make([]byte, bundle.MaxPlain)
	_, _ = rand.Read(large)
	for name, plain := range map[string][]byte{"empty": {}, "small": []byte(`{"a":1}`), "largest": large} {
		data, err := bundle.Seal(plain, "correct horse battery")
		if err != nil || len(data) > bundle.MaxData {
			t.Fatalf("%s: %d bytes, %v", name, len(data), err)
		}
		opened, err := bundle.Open(" "+data[:40]+"\r\n"+data[40:]+"\n", "correct horse battery")
		if err != nil || opened.Format != bundle.FormatPulse || !bytes.Equal(opened.Plain, plain) {
			t.Errorf("%s: got %q with %d bytes, %v", name, opened.Format, len(opened.Plain), err)
		}
		if bytes.Contains([]byte(data), []byte("horse")) {
			t.Errorf("%s: the passphrase is in the bundle", name)
		}
	}
}

func TestWhatCannotBeOpenedIsRefused(t *testing.T) {
	v5, _ := vector(t)
	own, err := bundle.Seal([]byte(`{}`), vectorPassphrase)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(own)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.StdEncoding.EncodeToString
	greedy := bytes.Replace(raw, []byte(" 16\n"), []byte(" 22\n"), 1)
	tests := map[string]struct {
		data, passphrase string
		want             error
	}{
		"wrong passphrase of ours":      {own, "use-another-passphrase", bundle.ErrDecrypt},
		"wrong passphrase of version 5": {v5, "use-another-passphrase", bundle.ErrDecrypt},
		"no passphrase":                 {own, "", bundle.ErrPassphrase},
		"nothing":                       {"", vectorPassphrase, bundle.ErrShort},
		"no base64":                     {"???", vectorPassphrase, bundle.ErrNotBase64},
		"too short":                     {encode(make([]byte, 59)), vectorPassphrase, bundle.ErrShort},
		"too large":                     {strings.Repeat("A", bundle.MaxData+1), vectorPassphrase, bundle.ErrTooLarge},
		"ours cut off":                  {encode(raw[:len(raw)-1]), vectorPassphrase, bundle.ErrDecrypt},
		"ours changed":                  {encode(append(raw[:len(raw)-1:len(raw)-1], raw[len(raw)-1]^1)), vectorPassphrase, bundle.ErrDecrypt},
		"version 5 cut off":             {encode(cutOff(t, v5)), vectorPassphrase, bundle.ErrDecrypt},
		"wants too much memory":         {encode(greedy), vectorPassphrase, bundle.ErrHeader},
	}
	for name, tt := range tests {
		opened, err := bundle.Open(tt.data, tt.passphrase)
		if !errors.Is(err, tt.want) || opened.Plain != nil {
			t.Errorf("%s: got %v and %d bytes, want %v", name, err, len(opened.Plain), tt.want)
		}
	}
	if _, err := bundle.Seal(make([]byte, bundle.MaxPlain+1), vectorPassphrase); !errors.Is(err, bundle.ErrTooLarge) {
		t.Errorf("sealing too much gave %v", err)
	}
	if _, err := bundle.Seal(nil, ""); !errors.Is(err, bundle.ErrPassphrase) {
		t.Errorf("sealing without a passphrase gave %v", err)
	}
}

func cutOff(t *testing.T, data string) []byte {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(data))
	if err != nil {
		t.Fatal(err)
	}
	return raw[:len(raw)-1]
}

// FuzzOpen gives the decoder of age files what may follow on their first line. The other format has no structure to go
// wrong in: it is three lengths.
func FuzzOpen(f *testing.F) {
	const intro = "age-encryption.org/v1\n"
	own, err := bundle.Seal([]byte(`{"version":1}`), vectorPassphrase)
	if err != nil {
		f.Fatal(err)
	}
	raw, err := base64.StdEncoding.DecodeString(own)
	if err != nil {
		f.Fatal(err)
	}
	quick := bytes.Replace(raw, []byte(" 16\n"), []byte(" 1\n"), 1)
	f.Add(bytes.TrimPrefix(quick, []byte(intro)))
	f.Add([]byte("-> scrypt AAAAAAAAAAAAAAAAAAAAAA 10\n"))
	f.Fuzz(func(t *testing.T, rest []byte) {
		opened, err := bundle.Open(base64.StdEncoding.EncodeToString(append([]byte(intro), rest...)), vectorPassphrase)
		if err != nil && opened.Plain != nil || len(opened.Plain) > bundle.MaxPlain {
			t.Errorf("%d bytes with error %v", len(opened.Plain), err)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	own, err := bundle.Seal(make([]byte, 100<<10), vectorPassphrase)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := bundle.Open(own, vectorPassphrase); err != nil {
			b.Fatal(err)
		}
	}
}
