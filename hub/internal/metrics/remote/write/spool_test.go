package write

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func body(n int) request {
	return request{body: bytes.Repeat([]byte{byte(n)}, 100), samples: n}
}

func drainAll(t *testing.T, s *spool) []int {
	t.Helper()
	var all []int
	for {
		r, number, ok := s.oldest()
		if !ok {
			return all
		}
		if !bytes.Equal(r.body, body(r.samples).body) {
			t.Errorf("request %d has another body", r.samples)
		}
		all = append(all, r.samples)
		if err := s.done(number); err != nil {
			t.Error(err)
		}
	}
}

func TestQueueKeepsOrderOverAStart(t *testing.T) {
	dir := t.TempDir()
	s, err := openSpool(dir, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 12; n++ {
		if err := s.put(body(n)); err != nil {
			t.Fatal(err)
		}
	}
	// What a kill leaves behind, and what is none of ours.
	for _, name := range []string{"0000000000000099-5.req.new", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again, err := openSpool(dir, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if size, samples, _ := again.size(); size != 1200 || samples != 78 {
		t.Errorf("%d bytes and %d samples wait", size, samples)
	}
	if err := again.put(body(13)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, drainAll(t, again)); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

func TestTheOldestGiveWay(t *testing.T) {
	dir := t.TempDir()
	s, err := openSpool(dir, 350)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 5; n++ {
		if err := s.put(body(n)); err != nil {
			t.Fatal(err)
		}
	}
	size, samples, dropped := s.size()
	if got, want := fmt.Sprint(size, samples, dropped), "300 12 3"; got != want {
		t.Errorf("bytes, samples and dropped are %s, want %s", got, want)
	}
	if diff := cmp.Diff([]int{3, 4, 5}, drainAll(t, s)); diff != "" {
		t.Errorf("what is left (-want +got):\n%s", diff)
	}
}

func TestAFileThatIsGoneIsSkipped(t *testing.T) {
	dir := t.TempDir()
	s, err := openSpool(dir, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 2; n++ {
		if err := s.put(body(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, s.files[0].name())); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{2}, drainAll(t, s)); diff != "" {
		t.Errorf("what is left (-want +got):\n%s", diff)
	}
	if _, _, dropped := s.size(); dropped != 1 {
		t.Errorf("%d samples dropped, want 1", dropped)
	}
}
