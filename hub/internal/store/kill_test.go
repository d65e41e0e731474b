package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	// rotateDirEnv and mixDirEnv tell the test binary that it is a child which gets killed, and where its store is.
	rotateDirEnv = "PULSE_TEST_STORE_ROTATE_DIR"
	mixDirEnv    = "PULSE_TEST_STORE_MIX_DIR"
	// killsEnv is how often the children are killed; fewer when it is not set.
	killsEnv = "PULSE_TEST_STORE_KILLS"
	// rotatedRecords is how many records each rotation seals anew: some hundred pages, so that kills meet its middle.
	rotatedRecords = 300
)

func kills(t *testing.T, unless int) int {
	t.Helper()
	if testing.Short() {
		t.Skip("starts many processes")
	}
	wanted := os.Getenv(killsEnv)
	if wanted == "" {
		return unless
	}
	n, err := strconv.Atoi(wanted)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func openIn(t testing.TB, dir string) *DB {
	t.Helper()
	return mustOpen(t, filepath.Join(dir, "pulse.db"), Options{KeyFile: filepath.Join(dir, "pulse.key")})
}

// killSoon runs a test of this binary as a child, kills it some time after its first line, and returns its lines.
func killSoon(t *testing.T, test, env, dir string, within time.Duration) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+test+"$")
	cmd.Env = append(os.Environ(), env+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var lines []string
	whole := bufio.NewReader(out)
	for {
		line, err := whole.ReadString('\n')
		if err != nil {
			break // the last line may be cut
		}
		if len(lines) == 0 {
			defer time.AfterFunc(rand.N(within), func() { _ = cmd.Process.Kill() }).Stop()
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	if err := cmd.Wait(); err == nil || len(lines) == 0 || strings.Contains(strings.Join(lines, "\n"), "FAIL") {
		t.Fatalf("the child ended by itself: %v\n%s", err, strings.Join(lines, "\n"))
	}
	return lines
}

// TestRotateChild rotates the key until it is killed.
func TestRotateChild(t *testing.T) {
	dir := os.Getenv(rotateDirEnv)
	if dir == "" {
		t.Skip("runs as the child of TestKilledRotationLosesNothing")
	}
	db := openIn(t, dir)
	fmt.Println("ready")
	for {
		done, err := db.Rotate(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("rotated", done.ID)
		if err := PutJSON(t.Context(), db, Secrets, "last", done.ID); err != nil {
			t.Fatal(err)
		}
		fmt.Println("kept", done.ID)
	}
}

func TestKilledRotationLosesNothing(t *testing.T) {
	dir := t.TempDir()
	db := openIn(t, dir)
	fillSealed(t, db)
	err := db.Update(t.Context(), func(tx Tx) error {
		for n := range rotatedRecords {
			mustPut(t, tx, sealedBuckets()[n%len(sealedBuckets())], fmt.Sprint("record/", n), strings.Repeat(fmt.Sprint(n), 300))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	met := make(map[string]int)
	for round := range kills(t, 8) {
		lines := killSoon(t, "TestRotateChild", rotateDirEnv, dir, 150*time.Millisecond)
		for _, name := range []string{".new", ".old"} {
			if exists(filepath.Join(dir, "pulse.key"+name)) {
				met[name]++
			}
		}
		db := openIn(t, dir)
		wantSealed(t, db)
		for n := range rotatedRecords {
			got, err := db.Get(t.Context(), sealedBuckets()[n%len(sealedBuckets())], fmt.Sprint("record/", n))
			if err != nil || string(got) != strings.Repeat(fmt.Sprint(n), 300) {
				t.Fatalf("round %d: record %d does not read: %v", round, n, err)
			}
		}
		if key, err := db.Key(t.Context()); err != nil || key.Others != 0 || key.FormerKept {
			t.Fatalf("round %d: key = %+v, %v", round, key, err)
		}
		for _, line := range lines {
			if id, ok := strings.CutPrefix(line, "kept "); ok {
				if last, err := GetJSON[string](t.Context(), db, Secrets, "last"); err != nil || last == "" {
					t.Fatalf("round %d: nothing of %s: %v", round, id, err)
				}
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("kills that left a new key, or a former one: %v", met)
}

// settingsBuckets are those that settings of every kind are written to.
func settingsBuckets() []Bucket {
	return []Bucket{
		Settings, Instances, Plugins, PluginState, Channels, AlertRules, Metadata, Users, Roles, Sessions, SignIn, Tokens,
		RevokedTokens, Licence, Audit, Secrets,
	}
}

// mixPlan derives what transaction n of a seed writes, so that parent and child agree on it without talking: a value
// for some buckets under one of a few keys, or none for a record that is deleted.
func mixPlan(seed uint64, n int) map[Bucket]map[string]*int {
	rng := rand.New(rand.NewPCG(seed, uint64(n)))
	plan := make(map[Bucket]map[string]*int)
	for _, b := range settingsBuckets() {
		if rng.IntN(3) == 0 {
			continue
		}
		plan[b] = make(map[string]*int)
		for range 1 + rng.IntN(4) {
			key := fmt.Sprint("key", rng.IntN(8))
			if plan[b][key] = &n; rng.IntN(5) == 0 {
				plan[b][key] = nil
			}
		}
	}
	return plan
}

// mixValue is what transaction n writes: its number, and enough after it to span pages now and then.
func mixValue(n int) []byte {
	return []byte(fmt.Sprint(n, ":", strings.Repeat("x", n*37%5000)))
}

func applyMix(ctx context.Context, tx Tx, seed uint64, n int) error {
	for b, records := range mixPlan(seed, n) {
		for key, number := range records {
			var err error
			if number == nil {
				err = tx.Delete(ctx, b, key)
			} else {
				err = tx.Put(ctx, b, key, mixValue(*number))
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// TestMixChild runs transactions over all buckets of settings until it is killed, each planned by its number, and
// prints each that was acknowledged. Between them some fail on purpose after they have written.
func TestMixChild(t *testing.T) {
	where, from, ok := strings.Cut(os.Getenv(mixDirEnv), "|")
	if !ok {
		t.Skip("runs as the child of TestKilledWritesAreWholeOrNotThere")
	}
	n, err := strconv.Atoi(from)
	if err != nil {
		t.Fatal(err)
	}
	db := openIn(t, where)
	abandoned := errors.New("abandoned")
	fmt.Println("ready")
	for ; ; n++ {
		err := db.Update(t.Context(), func(tx Tx) error {
			if err := applyMix(t.Context(), tx, 2, n); err != nil {
				return err
			}
			return abandoned
		})
		if !errors.Is(err, abandoned) {
			t.Fatal(err)
		}
		if err := db.Update(t.Context(), func(tx Tx) error { return applyMix(t.Context(), tx, 1, n) }); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(os.Stdout, fmt.Sprintln("acked", n)); err != nil {
			t.Fatal(err)
		}
		if n%50 == 49 { // the same must hold while keys change
			if _, err := db.Rotate(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A reference holds what the transactions up to one number have written.
type reference map[Bucket]map[string]int

func (r reference) apply(n int) {
	for b, records := range mixPlan(1, n) {
		if r[b] == nil {
			r[b] = make(map[string]int)
		}
		for key, number := range records {
			if number == nil {
				delete(r[b], key)
			} else {
				r[b][key] = *number
			}
		}
	}
}

// same reports whether a store holds exactly what the reference does.
func (r reference) same(t *testing.T, db *DB) bool {
	t.Helper()
	same := true
	err := db.View(t.Context(), func(reader Reader) error {
		for _, b := range settingsBuckets() {
			records, err := reader.List(t.Context(), b, "")
			if err != nil {
				return err
			}
			same = same && len(records) == len(r[b])
			for _, record := range records {
				number, ok := r[b][record.Key]
				same = same && ok && string(record.Value) == string(mixValue(number))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return same
}

func TestKilledWritesAreWholeOrNotThere(t *testing.T) {
	dir, want := t.TempDir(), reference{}
	next := 0
	for round := range kills(t, 8) {
		lines := killSoon(t, "TestMixChild", mixDirEnv, fmt.Sprint(dir, "|", next), 200*time.Millisecond)
		for range lines[1:] {
			want.apply(next)
			next++
		}
		db := openIn(t, dir)
		// The transaction after the last that was acknowledged may be there, as a whole.
		if !want.same(t, db) {
			want.apply(next)
			next++
			if !want.same(t, db) {
				t.Fatalf("round %d: the store holds neither what %d transactions wrote nor what %d did", round, next-1, next)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d transactions looked for", next)
}
