package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
)

func testSealer(t testing.TB, fill byte) *sealer {
	t.Helper()
	s, err := newSealer(bytes.Repeat([]byte{fill}, keyBytes))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSealedRecordsOpenOnlyInTheirPlace(t *testing.T) {
	s := testSealer(t, 1)
	const value = "hunter2-hunter2"
	sealed := s.seal(Secrets, "node/1", []byte(value))
	if bytes.Contains(sealed, []byte("hunter")) {
		t.Error("the value can be read")
	}
	if again := s.seal(Secrets, "node/1", []byte(value)); bytes.Equal(again, sealed) {
		t.Error("sealing twice gives the same bytes")
	}
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	tests := []struct {
		name   string
		sealer *sealer
		bucket Bucket
		key    string
		sealed []byte
		ok     bool
	}{
		{"in place", s, Secrets, "node/1", sealed, true},
		{"another key of the record", s, Secrets, "node/2", sealed, false},
		{"another bucket", s, Instances, "node/1", sealed, false},
		{"another key file", testSealer(t, 2), Secrets, "node/1", sealed, false},
		{"changed", s, Secrets, "node/1", flipped, false},
		{"cut", s, Secrets, "node/1", sealed[:len(sealed)-1], false},
		{"empty", s, Secrets, "node/1", nil, false},
		{"plain", s, Secrets, "node/1", []byte(strings.Repeat("plain text ", 10)), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.sealer.open(tt.bucket, tt.key, tt.sealed)
			if tt.ok {
				if err != nil || string(got) != value {
					t.Errorf("open = %q, %v", got, err)
				}
				return
			}
			if !errors.Is(err, ErrSealed) || got != nil {
				t.Fatalf("open = %q, %v, want %v", got, err, ErrSealed)
			}
			if text := err.Error(); !strings.Contains(text, string(tt.bucket)+"/"+tt.key) || strings.Contains(text, "hunter") {
				t.Errorf("error %q has to name the record and not its value", text)
			}
		})
	}
}

func FuzzOpenSealed(f *testing.F) {
	s := testSealer(f, 1)
	good := s.seal(Secrets, "k", []byte("value"))
	f.Add(good)
	f.Add(good[:sealOverhead])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		// Only what seal made opens; nothing else can be found by changing bytes.
		value, err := s.open(Secrets, "k", data)
		if err == nil && string(value) != "value" || err != nil && !errors.Is(err, ErrSealed) {
			t.Errorf("open(%x) = %q, %v", data, value, err)
		}
		back, err := s.open(Secrets, "k", s.seal(Secrets, "k", data))
		if err != nil || !bytes.Equal(back, data) {
			t.Errorf("round trip of %x = %x, %v", data, back, err)
		}
	})
}

func TestSecretsAreSealedOnDisk(t *testing.T) {
	path, opts := testPaths(t)
	db := mustOpen(t, path, opts)
	mustPut(t, db, Secrets, "a", "hunter2")
	mustPut(t, db, Secrets, "b", "hunter3")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte("hunter")) {
		t.Error("the file holds the secret in clear")
	}
	for _, name := range []string{path, opts.KeyFile} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o, want 600", filepath.Base(name), info.Mode().Perm())
		}
	}
}

func TestListNamesRecordsThatDoNotOpen(t *testing.T) {
	db := openTest(t)
	mustPut(t, db, Secrets, "a", "1")
	mustPut(t, db, Secrets, "b", "2")
	err := db.bolt.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte(Secrets)).Put([]byte("a"), []byte("damaged"))
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := db.List(t.Context(), Secrets, "")
	if !errors.Is(err, ErrSealed) || !strings.Contains(err.Error(), "secrets/a") {
		t.Errorf("list = %v, want %v naming secrets/a", err, ErrSealed)
	}
	if len(got) != 1 || got[0].Key != "b" || string(got[0].Value) != "2" {
		t.Errorf("list = %+v, want the other record", got)
	}
}

func TestKeyFile(t *testing.T) {
	path, opts := testPaths(t)
	db := mustOpen(t, path, opts)
	mustPut(t, db, Secrets, "k", "value")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(opts.KeyFile)
	if err != nil || len(key) != keyBytes {
		t.Fatalf("key file holds %d bytes, %v", len(key), err)
	}
	credentials := t.TempDir()
	other := bytes.Repeat([]byte{7}, keyBytes)
	tests := []struct {
		name       string
		keyFile    []byte // nil for none
		credential []byte
		allowNew   bool
		open, read error
	}{
		{"the same key", key, nil, false, nil, nil},
		{"key from credentials", nil, key, false, nil, nil},
		{"credentials before the file", key, other, false, ErrWrongKey, nil},
		{"another key", other, nil, false, ErrWrongKey, nil},
		{"another key is allowed", other, nil, true, nil, ErrSealed},
		{"no key", nil, nil, false, ErrKeyMissing, nil},
		{"no key, a new one is allowed", nil, nil, true, nil, ErrSealed},
		{"short key", key[1:], nil, false, ErrBadKeyFile, nil},
		{"long key", append(key, 1), nil, false, ErrBadKeyFile, nil},
		{"short credential", key, key[1:], false, ErrBadKeyFile, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			credential := filepath.Join(credentials, credentialName)
			writeOrRemove(t, opts.KeyFile, tt.keyFile)
			writeOrRemove(t, credential, tt.credential)
			o := opts
			o.AllowNewKey, o.CredentialsDir = tt.allowNew, credentials
			db, err := Open(path, o)
			if !errors.Is(err, tt.open) {
				t.Fatalf("open = %v, want %v", err, tt.open)
			}
			if err != nil {
				return
			}
			defer db.Close()
			if _, err := db.Get(t.Context(), Secrets, "k"); !errors.Is(err, tt.read) {
				t.Errorf("get = %v, want %v", err, tt.read)
			}
		})
	}
}

func writeOrRemove(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	if data == nil {
		return
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCreateKeyNeverReplacesAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	first, err := createKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := createKey(path); !errors.Is(err, os.ErrExist) {
		t.Errorf("second create = %v, want %v", err, os.ErrExist)
	}
	if got, err := readKey(path); err != nil || !bytes.Equal(got, first) {
		t.Errorf("the first key was changed: %v", err)
	}
}
