package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// fillSealed puts a record into every sealed bucket.
func fillSealed(t testing.TB, db *DB) {
	t.Helper()
	err := db.Update(t.Context(), func(tx Tx) error {
		for _, b := range sealedBuckets() {
			mustPut(t, tx, b, "k", "value of "+string(b))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func wantSealed(t *testing.T, db *DB) {
	t.Helper()
	for _, b := range sealedBuckets() {
		if got, err := db.Get(t.Context(), b, "k"); err != nil || string(got) != "value of "+string(b) {
			t.Errorf("%s holds %q, %v", b, got, err)
		}
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestRotationReplacesTheKeyWhileTheStoreRuns(t *testing.T) {
	path, opts := testPaths(t)
	db := mustOpen(t, path, opts)
	fillSealed(t, db)
	before, err := db.Key(t.Context())
	if err != nil || before.Sealed != len(sealedBuckets()) || before.Others != 0 || before.Since.IsZero() || before.FormerKept || before.Credential {
		t.Fatalf("key = %+v, %v", before, err)
	}
	old := mustRead(t, opts.KeyFile)
	events, cancel := db.Watch(Secrets)
	defer cancel()
	done, err := db.Rotate(t.Context())
	if err != nil || done.Resealed != len(sealedBuckets()) || done.Unreadable != 0 || done.ID == before.ID {
		t.Fatalf("rotate = %+v, %v", done, err)
	}
	wantSealed(t, db)
	after, err := db.Key(t.Context())
	if err != nil || after.ID != done.ID || after.Sealed != len(sealedBuckets()) || after.Others != 0 || !after.FormerKept {
		t.Errorf("key = %+v, %v", after, err)
	}
	if now := mustRead(t, opts.KeyFile); bytes.Equal(now, old) || !bytes.Equal(mustRead(t, opts.KeyFile+".old"), old) || exists(opts.KeyFile+".new") {
		t.Error("the key files are not the new one and the old one")
	}
	select {
	case <-events:
		t.Error("watchers were told of values that are the same")
	default:
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again := mustOpen(t, path, opts)
	wantSealed(t, again)
	if exists(opts.KeyFile + ".old") {
		t.Error("the former key is still there after a start that did not need it")
	}
	for range 2 { // twice within one run: only the newest of the former keys is kept
		if _, err := again.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantSealed(t, again)
}

func TestReadersGoOnDuringRotation(t *testing.T) {
	db := openTest(t)
	fillSealed(t, db)
	err := db.View(t.Context(), func(r Reader) error {
		if _, err := db.Rotate(t.Context()); err != nil {
			return err
		}
		if got, err := r.Get(t.Context(), Secrets, "k"); err != nil || string(got) != "value of secrets" {
			t.Errorf("a view from before reads %q, %v", got, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var reading sync.WaitGroup
	for _, b := range sealedBuckets() {
		reading.Go(func() {
			for ctx.Err() == nil {
				if got, err := db.Get(t.Context(), b, "k"); err != nil || string(got) != "value of "+string(b) {
					t.Errorf("during rotations %s holds %q, %v", b, got, err)
					return
				}
			}
		})
	}
	for n := range 20 {
		if _, err := db.Rotate(t.Context()); err != nil {
			t.Error(err)
		}
		mustPut(t, db, Secrets, "last", fmt.Sprint(n))
	}
	cancel()
	reading.Wait()
}

func TestRotationWithoutRecords(t *testing.T) {
	path, opts := testPaths(t)
	db := mustOpen(t, path, opts)
	old := mustRead(t, opts.KeyFile)
	if done, err := db.Rotate(t.Context()); err != nil || done.Resealed != 0 || bytes.Equal(mustRead(t, opts.KeyFile), old) {
		t.Errorf("rotate = %+v, %v", done, err)
	}
	mustPut(t, db, Secrets, "k", "value")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := mustOpen(t, path, opts).Get(t.Context(), Secrets, "k"); err != nil || string(got) != "value" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestRotationLeavesWhatDoesNotOpen(t *testing.T) {
	path, opts := testPaths(t)
	db := mustOpen(t, path, opts)
	fillSealed(t, db)
	var stored []byte
	err := db.bolt.Update(func(tx *bolt.Tx) error {
		stored = bytes.Clone(tx.Bucket([]byte(Secrets)).Get([]byte("k")))
		return tx.Bucket([]byte(Secrets)).Put([]byte("moved"), stored)
	})
	if err != nil {
		t.Fatal(err)
	}
	if done, err := db.Rotate(t.Context()); err != nil || done.Unreadable != 1 || done.Resealed != len(sealedBuckets()) {
		t.Errorf("rotate = %+v, %v", done, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again := mustOpen(t, path, opts)
	wantSealed(t, again)
	if !exists(opts.KeyFile + ".old") {
		t.Error("the former key was removed although a record does not open")
	}
	if key, err := again.Key(t.Context()); err != nil || key.Others != 1 {
		t.Errorf("key = %+v, %v", key, err)
	}
}

// A kill leaves the key files in one of these states; which of them the records are sealed with varies.
func TestInterruptedRotationIsSettledAtTheNextStart(t *testing.T) {
	path, opts := testPaths(t)
	db := mustOpen(t, path, opts)
	fillSealed(t, db)
	first, dbFirst := mustRead(t, opts.KeyFile), snapshot(t, db)
	if _, err := db.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	second, dbSecond := mustRead(t, opts.KeyFile), snapshot(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	other := bytes.Repeat([]byte{9}, keyBytes)
	tests := []struct {
		name               string
		db                 []byte
		current, next, old []byte
		want               []byte // the key file afterwards
		err                error
	}{
		{"the new key is half written", dbFirst, first, second[:7], nil, first, nil},
		{"the new key is empty", dbFirst, first, []byte{}, nil, first, nil},
		{"nothing is sealed with the new key", dbFirst, first, second, nil, first, nil},
		{"everything is sealed with the new key", dbSecond, first, second, nil, second, nil},
		{"the former key is half written", dbSecond, first, second, first[:3], second, nil},
		{"the former key is written", dbSecond, first, second, first, second, nil},
		{"a former key of before", dbSecond, first, second, other, second, nil},
		{"the new key is in place", dbSecond, second, nil, first, second, nil},
		{"the key was lost, the next one is there", dbSecond, nil, second, nil, second, nil},
		{"a store of before was put back", dbFirst, second, nil, first, second, nil},
		{"only the old key is left", dbSecond, first, nil, nil, first, ErrWrongKey},
		{"the new key with a store of before", dbFirst, second, nil, nil, second, ErrWrongKey},
		{"a former key of others", dbFirst, second, nil, other, second, ErrWrongKey},
		{"only the former key", dbSecond, nil, nil, second, nil, ErrKeyMissing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			writeOrRemove(t, path, tt.db)
			writeOrRemove(t, opts.KeyFile, tt.current)
			writeOrRemove(t, opts.KeyFile+".new", tt.next)
			writeOrRemove(t, opts.KeyFile+".old", tt.old)
			db, err := Open(path, opts)
			if !errors.Is(err, tt.err) {
				t.Fatalf("open = %v, want %v", err, tt.err)
			}
			if now, err := os.ReadFile(opts.KeyFile); !bytes.Equal(now, tt.want) || err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the key file is not what it should be: %v", err)
			}
			if tt.err != nil {
				wantRefusal(t, err, opts.KeyFile)
				return
			}
			defer db.Close()
			wantSealed(t, db)
			if exists(opts.KeyFile+".new") || exists(opts.KeyFile+".old") {
				t.Error("other keys are still there")
			}
		})
	}
}

// wantRefusal looks for what helps an operator: which file, and what to do.
func wantRefusal(t *testing.T, err error, keyFile string) {
	t.Helper()
	if !strings.Contains(err.Error(), keyFile) || !strings.Contains(err.Error(), "put") {
		t.Errorf("the error %q does not say which file is wrong and what to do", err)
	}
}

// snapshot returns the bytes of a consistent copy.
func snapshot(t *testing.T, db *DB) []byte {
	t.Helper()
	var out bytes.Buffer
	err := db.bolt.View(func(tx *bolt.Tx) error { _, err := tx.WriteTo(&out); return err })
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestRotationThatFindsNoRoomChangesNothing(t *testing.T) {
	path, opts := testPaths(t)
	opts.MaxBytes = 1 << 20
	db := mustOpen(t, path, opts)
	key := mustRead(t, opts.KeyFile)
	change := func(from, to int, fn func(tx Tx, key string) error) {
		t.Helper()
		err := db.Update(t.Context(), func(tx Tx) error {
			for n := from; n < to; n++ {
				if err := fn(tx, fmt.Sprintf("%05d", n)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	// They take more than half of the room, so there is none for all of them twice.
	const all, most = 170, 150
	change(0, all, func(tx Tx, key string) error { return tx.Put(t.Context(), Secrets, key, make([]byte, 3000)) })
	if _, err := db.Rotate(t.Context()); !errors.Is(err, ErrNoSpace) {
		t.Fatalf("rotate = %v, want %v", err, ErrNoSpace)
	}
	if !bytes.Equal(mustRead(t, opts.KeyFile), key) {
		t.Error("the key was replaced")
	}
	if records, err := db.List(t.Context(), Secrets, ""); err != nil || len(records) != all {
		t.Fatalf("%d records read, %v", len(records), err)
	}
	change(0, most, func(tx Tx, key string) error { return tx.Delete(t.Context(), Secrets, key) })
	if done, err := db.Rotate(t.Context()); err != nil || done.Resealed != all-most {
		t.Errorf("rotate after making room = %+v, %v", done, err)
	}
	if records, err := db.List(t.Context(), Secrets, ""); err != nil || len(records) != all-most {
		t.Errorf("%d records read, %v", len(records), err)
	}
}

func TestRotationWhoseFileCannotBeReplacedIsFinishedLater(t *testing.T) {
	path, opts := testPaths(t)
	db := mustOpen(t, path, opts)
	fillSealed(t, db)
	// As Rotate does, up to the moment in which it replaces the file.
	key, err := createKey(opts.KeyFile + ".new")
	if err != nil {
		t.Fatal(err)
	}
	if done, err := db.rotateTo(key); err != nil || done.Resealed == 0 {
		t.Fatalf("rotate = %+v, %v", done, err)
	}
	wantSealed(t, db)
	if done, err := db.Rotate(t.Context()); err != nil || done.Resealed == 0 {
		t.Fatalf("rotate = %+v, %v", done, err)
	}
	if !bytes.Equal(mustRead(t, opts.KeyFile+".old"), key) {
		t.Error("the key in between was lost")
	}
	wantSealed(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	wantSealed(t, mustOpen(t, path, opts))
}

func TestRotationRefusesAKeyFileThatWasChanged(t *testing.T) {
	path, opts := testPaths(t)
	db := mustOpen(t, path, opts)
	fillSealed(t, db)
	writeOrRemove(t, opts.KeyFile, bytes.Repeat([]byte{5}, keyBytes))
	if _, err := db.Rotate(t.Context()); !errors.Is(err, ErrWrongKey) {
		t.Errorf("rotate = %v, want %v", err, ErrWrongKey)
	}
	writeOrRemove(t, opts.KeyFile, nil)
	if _, err := db.Rotate(t.Context()); !errors.Is(err, ErrKeyMissing) {
		t.Errorf("rotate = %v, want %v", err, ErrKeyMissing)
	}
	wantSealed(t, db)
}

func TestCredentialIsRotatedOffline(t *testing.T) {
	path, opts := testPaths(t)
	opts.CredentialsDir = t.TempDir()
	credential := filepath.Join(opts.CredentialsDir, credentialName)
	writeOrRemove(t, credential, bytes.Repeat([]byte{3}, keyBytes))
	db := mustOpen(t, path, opts)
	fillSealed(t, db)
	if _, err := db.Rotate(t.Context()); !errors.Is(err, ErrKeyIsCredential) {
		t.Errorf("rotate = %v, want %v", err, ErrKeyIsCredential)
	}
	if key, err := db.Key(t.Context()); err != nil || !key.Credential || !key.Since.IsZero() {
		t.Errorf("key = %+v, %v", key, err)
	}
	if _, err := db.RotateTo(t.Context(), credential); !errors.Is(err, ErrKeyFileInUse) {
		t.Errorf("rotate to the credential itself = %v", err)
	}
	same := filepath.Join(t.TempDir(), "same")
	writeOrRemove(t, same, mustRead(t, credential))
	if _, err := db.RotateTo(t.Context(), same); !errors.Is(err, ErrSameKey) {
		t.Errorf("rotate to the same key = %v", err)
	}
	writeOrRemove(t, same, []byte("short"))
	if _, err := db.RotateTo(t.Context(), same); !errors.Is(err, ErrBadKeyFile) {
		t.Errorf("rotate to a short key = %v", err)
	}
	wantSealed(t, db)
	next := filepath.Join(t.TempDir(), "new.key")
	if done, err := db.RotateTo(t.Context(), next); err != nil || done.Resealed != len(sealedBuckets()) {
		t.Fatalf("rotate = %+v, %v", done, err)
	}
	wantSealed(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, opts); !errors.Is(err, ErrWrongKey) || !strings.Contains(err.Error(), credential) {
		t.Errorf("open with the credential of before = %v", err)
	}
	writeOrRemove(t, credential, mustRead(t, next))
	wantSealed(t, mustOpen(t, path, opts))
}
