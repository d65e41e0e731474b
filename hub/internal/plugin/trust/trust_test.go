package trust_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/scrypt"

	"github.com/pulse-hub/pulse/hub/internal/plugin/trust"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// The key and signatures of the message "test" that minisign's own Go package is tested with, made by minisign.
const (
	vectorKey    = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"
	vectorLegacy = "untrusted comment: signature from minisign secret key\n" +
		"RWQf6LRCGA9i59SLOFxz6NxvASXDJeRtuZykwQepbDEGt87ig1BNpWaVWuNrm73YiIiJbq71Wi+dP9eKL8OC351vwIasSSbXxwA=\n" +
		"trusted comment: timestamp:1635442742\tfile:test\n" +
		"0YteLgV960ia80vnA/fHbvkyjl/IoP/HNOCaZfrF0CdhAlp7ok+Tpkya+VpWPX5C/Is3q8a/kEDSY7fBmmgJCg==\n"
	vectorHashed = "untrusted comment: signature from minisign secret key\n" +
		"RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=\n" +
		"trusted comment: timestamp:1635443258\tfile:test\thashed\n" +
		"/cj37GK60vryibFn+ftOgbCvW9NKhKYgjVpFFQUcWPAnjO23wrvVDTt7cloNC06maoBli9q6qwZDXXoaxweICQ==\n"
)

func records(t testing.TB) *store.DB {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func generate(t testing.TB) *trust.SigningKey {
	t.Helper()
	key, _, err := trust.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t testing.TB, key *trust.SigningKey, message string) string {
	t.Helper()
	signature, err := key.Sign([]byte(message))
	if err != nil {
		t.Fatal(err)
	}
	return string(signature)
}

// line replaces one of a signature's four lines by that of another.
func line(signature string, number int, by string) string {
	lines, others := strings.SplitAfter(signature, "\n"), strings.SplitAfter(by, "\n")
	lines[number] = others[number]
	return strings.Join(lines, "")
}

func TestVerdicts(t *testing.T) {
	own, stranger := generate(t), generate(t)
	ring := trust.NewRing(records(t), own.Public())
	if _, err := ring.Add(t.Context(), "Minisign", "untrusted comment: key\n"+vectorKey+"\n", "admin"); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		message, signature string
		want               trust.Verdict
	}{
		"legacy": {"test", vectorLegacy, trust.Verdict{
			State: trust.Signed, KeyID: "E7620F1842B4E81F", Publisher: "Minisign", Key: vectorKey, Comment: "timestamp:1635442742\tfile:test"}},
		"prehashed": {"test", vectorHashed, trust.Verdict{
			State: trust.Signed, KeyID: "E7620F1842B4E81F", Publisher: "Minisign", Key: vectorKey, Comment: "timestamp:1635443258\tfile:test\thashed"}},
		"line ends of Windows": {"test", strings.ReplaceAll(vectorHashed, "\n", "\r\n"), trust.Verdict{
			State: trust.Signed, KeyID: "E7620F1842B4E81F", Publisher: "Minisign", Key: vectorKey, Comment: "timestamp:1635443258\tfile:test\thashed"}},
		"own": {"list", sign(t, own, "list"), trust.Verdict{
			State: trust.Signed, KeyID: own.Public().ID(), Publisher: "Pulse", Key: own.Public(), Project: true, Comment: "file:checksums.txt\thashed"}},
		"stranger":                       {"list", sign(t, stranger, "list"), trust.Verdict{State: trust.UnknownKey, KeyID: stranger.Public().ID()}},
		"other message":                  {"tesT", vectorLegacy, bad("E7620F1842B4E81F")},
		"other signature":                {"test", line(vectorHashed, 1, vectorLegacy), bad("E7620F1842B4E81F")},
		"other comment":                  {"test", line(vectorHashed, 2, vectorLegacy), bad("E7620F1842B4E81F")},
		"other signature of the comment": {"test", line(vectorHashed, 3, vectorLegacy), bad("E7620F1842B4E81F")},
		"empty":                          {"test", "", bad("")},
		"three lines":                    {"test", vectorHashed[:strings.LastIndex(strings.TrimSpace(vectorHashed), "\n")], bad("")},
		"five lines":                     {"test", vectorHashed + "more\n", bad("")},
		"not base64":                     {"test", strings.Replace(vectorHashed, "RUQf", "R!Qf", 1), bad("")},
		"algorithm":                      {"test", strings.Replace(vectorHashed, "RUQf", "RUUf", 1), bad("")},
		"no comment":                     {"test", strings.Replace(vectorHashed, "\ntrusted comment: ", "\ntrusted remark: ", 1), bad("")},
		"control":                        {"test", strings.Replace(vectorHashed, "file:", "\x1b[2J", 1), bad("")},
		"too long":                       {"test", "untrusted comment: " + strings.Repeat("x", 20<<10) + vectorHashed, bad("")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ring.Judge(t.Context(), []byte(test.message), []byte(test.signature))
			if err != nil {
				t.Fatal(err)
			}
			if (got.State == trust.Bad) != (got.Reason != "") {
				t.Errorf("state %s with reason %q", got.State, got.Reason)
			}
			got.Reason = ""
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
	if got, err := ring.Judge(t.Context(), []byte("test"), nil); err != nil || got != (trust.Verdict{State: trust.Unsigned}) {
		t.Errorf("without a signature: %+v, %v", got, err)
	}
}

func bad(keyID string) trust.Verdict { return trust.Verdict{State: trust.Bad, KeyID: keyID} }

func TestPublishersComeAndGo(t *testing.T) {
	ctx, own, other := t.Context(), generate(t), generate(t)
	kept := records(t)
	ring := trust.NewRing(kept, own.Public())
	added, err := ring.Add(ctx, " Acme ", string(other.Public()), "admin")
	if err != nil {
		t.Fatal(err)
	}
	if added.Name != "Acme" || added.AddedBy != "admin" || added.Added.IsZero() {
		t.Errorf("added %+v", added)
	}
	refused := map[string]struct {
		name, key string
		want      error
	}{
		"same key":       {"Other", string(other.Public()), trust.ErrExists},
		"same name":      {"acme", vectorKey, trust.ErrExists},
		"project's key":  {"Other", string(own.Public()), trust.ErrExists},
		"project's name": {"Pulse", vectorKey, trust.ErrExists},
		"no name":        {" ", vectorKey, trust.ErrPublisher},
		"no key":         {"Other", "RWQ", trust.ErrKey},
		"two keys":       {"Other", vectorKey + "\n" + vectorKey, trust.ErrKey},
	}
	for name, test := range refused {
		if _, err := ring.Add(ctx, test.name, test.key, "admin"); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
	again, err := trust.NewRing(kept, own.Public()).Publishers(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]trust.Publisher{{Name: "Pulse", Key: own.Public(), Project: true}, added}, again); diff != "" {
		t.Errorf("publishers (-want +got):\n%s", diff)
	}
	if err := ring.Remove(ctx, other.Public().ID()); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{other.Public().ID(), own.Public().ID()} {
		if err := ring.Remove(ctx, id); !errors.Is(err, trust.ErrUnknown) {
			t.Errorf("remove %s: %v", id, err)
		}
	}
}

func TestPublishersAreBounded(t *testing.T) {
	ring := trust.NewRing(records(t))
	var err error
	for i := range 201 {
		if _, err = ring.Add(t.Context(), fmt.Sprint("publisher ", i), string(generate(t).Public()), "admin"); err != nil {
			break
		}
	}
	if publishers, _ := ring.Publishers(t.Context()); !errors.Is(err, trust.ErrTooMany) || len(publishers) != 200 {
		t.Errorf("%d publishers, then %v", len(publishers), err)
	}
}

func TestSigningKeySurvivesItsFile(t *testing.T) {
	key, secret, err := trust.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	again, err := trust.ParseSigningKey(secret, "")
	if err != nil {
		t.Fatal(err)
	}
	if again.Public() != key.Public() || sign(t, again, "list") != sign(t, key, "list") {
		t.Error("the key that was read signs otherwise")
	}
	if parsed, err := trust.ParseKey(string(key.Public().File())); err != nil || parsed != key.Public() {
		t.Errorf("public key: %s, %v", parsed, err)
	}
	if again, err := trust.ParseSigningKey(withoutChecksum(t, secret), ""); err != nil || again.Public() != key.Public() {
		t.Errorf("without its checksum: %v", err)
	}
	start := strings.Index(string(secret), "\n") + 1
	for i := start; i < len(secret)-1; i++ {
		changed := bytes.Clone(secret)
		changed[i] ^= 2
		if damaged, err := trust.ParseSigningKey(changed, ""); err == nil && damaged.Public() != key.Public() {
			t.Errorf("byte %d changed: another key was read", i-start)
		}
	}
}

// withoutChecksum returns the file as minisign 0.11 writes it.
func withoutChecksum(t *testing.T, secret []byte) []byte {
	t.Helper()
	comment, line, _ := strings.Cut(string(secret), "\n")
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	clear(raw[126:])
	return []byte(comment + "\n" + base64.StdEncoding.EncodeToString(raw) + "\n")
}

// encrypted returns a secret key file the way minisign writes it with a
// password, with the smallest cost that its key derivation knows.
func encrypted(t *testing.T, secret []byte, password string) []byte {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(strings.Split(string(secret), "\n")[1])
	if err != nil {
		t.Fatal(err)
	}
	copy(raw[2:4], "Sc")
	copy(raw[6:38], "salt")
	binary.LittleEndian.PutUint64(raw[38:46], 32768)
	binary.LittleEndian.PutUint64(raw[46:54], 16<<20)
	stream, err := scrypt.Key([]byte(password), raw[6:38], 1024, 8, 1, 104)
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range stream {
		raw[54+i] ^= b
	}
	return []byte("untrusted comment: minisign encrypted secret key\n" + base64.StdEncoding.EncodeToString(raw) + "\n")
}

func TestKeyWithPassword(t *testing.T) {
	key, secret, err := trust.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	file := encrypted(t, secret, "correct horse")
	if got, err := trust.ParseSigningKey(file, "correct horse"); err != nil || got.Public() != key.Public() {
		t.Errorf("with the password: %v", err)
	}
	if _, err := trust.ParseSigningKey(file, "wrong"); !errors.Is(err, trust.ErrPassword) {
		t.Errorf("with another password: got %v, want %v", err, trust.ErrPassword)
	}
}

func FuzzSignature(f *testing.F) {
	f.Add([]byte(vectorLegacy))
	f.Add([]byte(vectorHashed))
	ring := trust.NewRing(records(f), vectorKey)
	f.Fuzz(func(t *testing.T, signature []byte) {
		verdict, err := ring.Judge(t.Context(), []byte("another message"), signature)
		if err != nil || verdict.State == trust.Signed {
			t.Errorf("got %+v, %v", verdict, err)
		}
	})
}

func FuzzParseKey(f *testing.F) {
	f.Add(vectorKey)
	f.Add("untrusted comment: x\n" + vectorKey)
	f.Fuzz(func(t *testing.T, text string) {
		key, err := trust.ParseKey(text)
		if err != nil {
			return
		}
		if again, err := trust.ParseKey(string(key.File())); err != nil || again != key {
			t.Errorf("%q became %q, %v", key, again, err)
		}
	})
}
