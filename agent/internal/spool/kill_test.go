package spool_test

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/spool"
)

// victimDir, in the environment, makes this test program the victim of the test below.
const victimDir = "SPOOL_VICTIM_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimDir); dir != "" {
		victim(dir)
	}
	os.Exit(m.Run())
}

// victim appends and acknowledges until it is killed, and says what it has done after doing it.
func victim(dir string) {
	log := spool.Open(options(dir, "hub", "other"))
	for {
		sequence := log.Next()
		if err := log.Append(spool.Record{Sequence: sequence, At: time.Now(), Body: make([]byte, rand.IntN(3000))}); err != nil {
			os.Exit(1)
		}
		fmt.Printf("+%d\n", sequence)
		if rand.IntN(3) == 0 {
			continue // falls behind
		}
		for range rand.IntN(3) {
			if record, ok := log.Reader(0).Peek(); ok {
				log.Reader(0).Ack(record.Sequence)
				fmt.Printf("-%d\n", record.Sequence)
			}
		}
		log.Reader(1).Ack(sequence)
	}
}

func TestKilledProcessLosesAndRepeatsNothing(t *testing.T) {
	dir := t.TempDir()
	var waiting []uint64
	for round := range 15 {
		said := killedVictim(t, dir)
		for _, line := range said {
			sequence := line.sequence
			if line.appended {
				if len(waiting) > 0 && sequence <= waiting[len(waiting)-1] {
					t.Fatalf("round %d: sequence %d after %d", round, sequence, waiting[len(waiting)-1])
				}
				waiting = append(waiting, sequence)
				continue
			}
			if len(waiting) == 0 || waiting[0] != sequence {
				t.Fatalf("round %d: %d was acknowledged out of order", round, sequence)
			}
			waiting = waiting[1:]
		}
		log := spool.Open(options(dir, "hub", "other"))
		var got []uint64
		for {
			record, ok := log.Reader(0).Peek()
			if !ok {
				break
			}
			got = append(got, record.Sequence)
			log.Reader(0).Ack(record.Sequence)
		}
		// The last thing done may not have been said: one record more at the end, or one less at the beginning.
		if len(got) > 0 && (len(waiting) == 0 || got[len(got)-1] != waiting[len(waiting)-1]) {
			waiting = append(waiting, got[len(got)-1])
		}
		whole := slices.Equal(got, waiting)
		if lessOne := len(waiting) > 0 && slices.Equal(got, waiting[1:]); !whole && !lessOne {
			t.Fatalf("round %d: %d records are left, want %d", round, len(got), len(waiting))
		}
		waiting = nil
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

type said struct {
	appended bool
	sequence uint64
}

// killedVictim runs a victim, kills it after a random number of lines, and returns everything it said.
func killedVictim(t *testing.T, dir string) (lines []said) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), victimDir+"="+dir)
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	limit := 1 + rand.IntN(400)
	scanner := bufio.NewScanner(output)
	for scanner.Scan() {
		if len(lines) == limit {
			_ = command.Process.Kill()
		}
		var line said
		text := scanner.Bytes()
		if _, err := fmt.Sscan(string(text[1:]), &line.sequence); err != nil || !bytes.ContainsAny(text[:1], "+-") {
			t.Fatalf("victim says %q", text)
		}
		line.appended = text[0] == '+'
		lines = append(lines, line)
	}
	_ = command.Process.Kill()
	_ = command.Wait()
	return lines
}
