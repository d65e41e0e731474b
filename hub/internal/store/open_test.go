package store

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	bolt "go.etcd.io/bbolt"
)

func TestOpenRefusesAFileInUse(t *testing.T) {
	path, opts := testPaths(t)
	mustOpen(t, path, opts)
	if _, err := Open(path, opts); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), path) {
		t.Errorf("second open = %v, want %v naming the file", err, ErrInUse)
	}
}

func TestOpenNeedsAKeyFile(t *testing.T) {
	path, _ := testPaths(t)
	if _, err := Open(path, Options{}); err == nil {
		t.Error("open without a key file succeeded")
	}
}

func TestOpenTakesTheFileAwayFromOthers(t *testing.T) {
	path, opts := testPaths(t)
	if err := mustOpen(t, path, opts).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	opts.Logger = hclog.New(&hclog.LoggerOptions{Output: &log})
	mustOpen(t, path, opts)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o, %v, want 600", info.Mode().Perm(), err)
	}
	if !strings.Contains(log.String(), "open to other users") {
		t.Errorf("logged %q, want a warning", log.String())
	}
}

func TestMigrations(t *testing.T) {
	path, opts := testPaths(t)
	db := mustOpen(t, path, opts)
	mustPut(t, db, Instances, "k", "old")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	applied := 0
	steps := append(migrations(), migration{"upper-case users", func(tx *bolt.Tx) error {
		applied++
		b := tx.Bucket([]byte(Instances))
		return b.Put([]byte("k"), bytes.ToUpper(b.Get([]byte("k"))))
	}})
	broken := append(steps[:len(steps):len(steps)], migration{"broken", func(tx *bolt.Tx) error {
		return errors.Join(tx.DeleteBucket([]byte(Instances)), errors.New("boom"))
	}})
	if _, err := open(path, opts, broken); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Errorf("open with a broken step = %v, want an error that names it", err)
	}
	for range 2 {
		db, err := open(path, opts, steps)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := db.Get(t.Context(), Instances, "k"); err != nil || string(got) != "OLD" {
			t.Errorf("after the step: %q, %v", got, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if applied != 1 {
		t.Errorf("the step was taken %d times, want once", applied)
	}
	if _, err := Open(path, opts); !errors.Is(err, ErrNewerSchema) || !strings.Contains(err.Error(), fmt.Sprint("schema ", len(steps))) {
		t.Errorf("open of a newer schema = %v, want %v with its number", err, ErrNewerSchema)
	}
}

func TestOpenRefusesForeignFiles(t *testing.T) {
	path, opts := testPaths(t)
	other, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = other.Update(func(tx *bolt.Tx) error { _, err := tx.CreateBucket([]byte("theirs")); return err })
	if err = errors.Join(err, other.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, opts); !errors.Is(err, ErrForeign) {
		t.Errorf("open = %v, want %v", err, ErrForeign)
	}
}

func FuzzParseSchema(f *testing.F) {
	for _, s := range []string{"1", "42", "", "-1", "1e3", "999999999", "9999999999"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := parseSchema(data)
		if err != nil {
			if !errors.Is(err, ErrForeign) {
				t.Errorf("parseSchema(%q) = %v, want %v", data, err, ErrForeign)
			}
			return
		}
		if back, err := parseSchema(fmt.Append(nil, n)); err != nil || back != n || n < 1 {
			t.Errorf("parseSchema(%q) = %d, and back %d, %v", data, n, back, err)
		}
	})
}

// filledFile returns the bytes of a store with some hundred records.
func filledFile(t *testing.T) []byte {
	t.Helper()
	path, opts := testPaths(t)
	db := mustOpen(t, path, opts)
	for round := range 3 {
		err := db.Update(t.Context(), func(tx Tx) error {
			for i := range 200 {
				mustPut(t, tx, Inventory, fmt.Sprint("source", i), strings.Repeat("x", 50*round+i))
			}
			mustPut(t, tx, Instances, "large", strings.Repeat("y", 20_000))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// openDamaged opens a file with the given content: it must work or say what is wrong, and never panic.
func openDamaged(t *testing.T, data []byte) error {
	t.Helper()
	path, opts := testPaths(t)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := Open(path, opts)
	if err != nil {
		if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrForeign) {
			t.Errorf("open = %v, want %v", err, ErrCorrupt)
		}
		if errors.Is(err, ErrCorrupt) && (!strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "backup")) {
			t.Errorf("error %q has to name the file and what to do", err)
		}
		return err
	}
	if err := db.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	return nil
}

func TestCutFileIsRefused(t *testing.T) {
	data := filledFile(t)
	for cut := 1; cut < len(data); cut += 1 + len(data)/150 {
		err := openDamaged(t, data[:cut])
		// bbolt sizes its file ahead of need, so cutting the very end can leave all pages.
		if err == nil && cut < len(data)/4 {
			t.Errorf("a file cut to %d of %d bytes was opened", cut, len(data))
		}
	}
}

func TestDamagedPagesAreRefused(t *testing.T) {
	data := filledFile(t)
	page := os.Getpagesize()
	refused := 0
	for at := 2 * page; at+page <= len(data); at += page {
		for _, fill := range []byte{0, 0xff} {
			damaged := bytes.Clone(data)
			copy(damaged[at:], bytes.Repeat([]byte{fill}, page))
			if openDamaged(t, damaged) != nil {
				refused++
			}
		}
	}
	if refused == 0 {
		t.Error("no damaged page was found")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		damaged := bytes.Clone(data)
		at := rng.IntN(len(damaged) - 8)
		for i := range 8 {
			damaged[at+i] = byte(rng.Uint32())
		}
		_ = openDamaged(t, damaged) // checks by itself; damage inside a value is not seen
	}
}

// metaOf returns the root page, the page of the free list and the number of pages of a bbolt file, from the newer of
// its two meta pages (https://github.com/etcd-io/bbolt/blob/v1.5.0/internal/common/meta.go).
func metaOf(data []byte) (root, freelist, pages int) {
	newest := uint64(0)
	for i := range 2 {
		meta := data[i*os.Getpagesize()+16:]
		if txid := binary.NativeEndian.Uint64(meta[48:]); txid >= newest {
			newest = txid
			root = int(binary.NativeEndian.Uint64(meta[16:]))
			freelist = int(binary.NativeEndian.Uint64(meta[32:]))
			pages = int(binary.NativeEndian.Uint64(meta[40:]))
		}
	}
	return root, freelist, pages
}

func TestFileWithoutItsLastBytesIsRefused(t *testing.T) {
	data := filledFile(t)
	_, _, pages := metaOf(data)
	if err := openDamaged(t, data[:pages*os.Getpagesize()-1]); !errors.Is(err, ErrCorrupt) {
		t.Errorf("open = %v, want %v", err, ErrCorrupt)
	}
}

func TestUsedPageInTheFreeListIsRefused(t *testing.T) {
	data := filledFile(t)
	root, freelist, _ := metaOf(data)
	free := data[freelist*os.Getpagesize():]
	if binary.NativeEndian.Uint16(free[10:]) == 0 {
		t.Fatal("the test needs a file with free pages")
	}
	binary.NativeEndian.PutUint64(free[16:], uint64(root))
	if err := openDamaged(t, data); !errors.Is(err, ErrCorrupt) {
		t.Errorf("open = %v, want %v: a write would take a page that is in use", err, ErrCorrupt)
	}
}

func TestNotADatabase(t *testing.T) {
	for _, content := range []string{"x", strings.Repeat("not a database ", 5000)} {
		if err := openDamaged(t, []byte(content)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("open of %d bytes of text = %v, want %v", len(content), err, ErrCorrupt)
		}
	}
}

func TestFullStoreKeepsWhatItHas(t *testing.T) {
	path, opts := testPaths(t)
	opts.MaxBytes = 1 << 20
	db := mustOpen(t, path, opts)
	mustPut(t, db, Instances, "k", "old")
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		err = db.Put(t.Context(), Inventory, fmt.Sprint(i), make([]byte, 4000))
	}
	if !errors.Is(err, ErrNoSpace) {
		t.Fatalf("filling up = %v, want %v", err, ErrNoSpace)
	}
	if got, err := db.Get(t.Context(), Instances, "k"); err != nil || string(got) != "old" {
		t.Errorf("get from a full store = %q, %v", got, err)
	}
	for i := range 10 {
		if err := db.Delete(t.Context(), Inventory, fmt.Sprint(i)); err != nil {
			t.Fatalf("delete from a full store: %v", err)
		}
	}
	if err := db.Put(t.Context(), Instances, "k", []byte("new")); err != nil {
		t.Errorf("put after making room: %v", err)
	}
}

func TestDiskFullErrors(t *testing.T) {
	for _, err := range []error{syscall.ENOSPC, syscall.EDQUOT, &os.PathError{Op: "write", Err: syscall.ENOSPC}} {
		if got := translate(fmt.Errorf("write: %w", err)); !errors.Is(got, ErrNoSpace) {
			t.Errorf("translate(%v) = %v, want %v", err, got, ErrNoSpace)
		}
	}
	if got := translate(syscall.EIO); errors.Is(got, ErrNoSpace) {
		t.Errorf("translate(%v) = %v", syscall.EIO, got)
	}
}

// killPathEnv tells the test binary that it is the child which gets killed, and where its store is.
const killPathEnv = "PULSE_TEST_STORE_KILL_DIR"

// TestKillChild writes until it is killed, and prints each number whose update has returned.
func TestKillChild(t *testing.T) {
	dir := os.Getenv(killPathEnv)
	if dir == "" {
		t.Skip("runs as the child of TestNothingIsLostByKill")
	}
	db := mustOpen(t, filepath.Join(dir, "pulse.db"), Options{KeyFile: filepath.Join(dir, "pulse.key")})
	for n := 1; ; n++ {
		err := db.Update(t.Context(), func(tx Tx) error {
			mustPut(t, tx, Queue, fmt.Sprintf("%08d", n), strings.Repeat("x", n%3000))
			return PutJSON(t.Context(), tx, Secrets, "last", n)
		})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("acked", n)
	}
}

func TestNothingIsLostByKill(t *testing.T) {
	dir := t.TempDir()
	for round := range 3 {
		last := killOnce(t, dir, 30+50*round)
		db := mustOpen(t, filepath.Join(dir, "pulse.db"), Options{KeyFile: filepath.Join(dir, "pulse.key")})
		records, err := db.List(t.Context(), Queue, "")
		if err != nil {
			t.Fatal(err)
		}
		stored := make(map[string]bool)
		for _, rec := range records {
			stored[rec.Key] = true
		}
		for n := 1; n <= last; n++ {
			if !stored[fmt.Sprintf("%08d", n)] {
				t.Fatalf("round %d: record %d of %d is missing", round, n, last)
			}
		}
		if got, err := GetJSON[int](t.Context(), db, Secrets, "last"); err != nil || got < last {
			t.Fatalf("round %d: last = %d, %v, want at least %d", round, got, err, last)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killOnce runs the child until it reported count updates, kills it and returns the last one reported.
func killOnce(t *testing.T, dir string, count int) (last int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKillChild$")
	cmd.Env = append(os.Environ(), killPathEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, err := fmt.Sscanf(lines.Text(), "acked %d", &last); err != nil {
			continue
		}
		if count--; count == 0 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	// It was killed, so it can only fail; what matters is that it is gone.
	_ = cmd.Wait()
	if count > 0 {
		t.Fatalf("child ended early, after update %d", last)
	}
	return last
}
