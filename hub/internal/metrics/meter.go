package metrics

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// marksPerDay is how many readings the meter keeps, one an hour.
	marksPerDay = 24
	markEvery   = time.Hour
	// meterWarmUp is how long must have been measured before a day is extrapolated from it.
	meterWarmUp = 10 * time.Minute
)

// Writes say how much the process writes to disk, whatever for, as the system counts it.
type Writes struct {
	// Known is false where the system does not count.
	Known bool
	// Bytes were written since the store was made.
	Bytes uint64
	// PerDay are the bytes of the last 24 hours, extrapolated when it is less than that since the store was made; 0
	// for the first ten minutes.
	PerDay uint64
}

// A meter measures writes over a day. It is safe for concurrent use.
type meter struct {
	mu    sync.Mutex
	marks []mark // in order of time, the first one the oldest
	start mark
}

// mark is what had been written at a time.
type mark struct {
	at    time.Time
	bytes uint64
}

// begin sets the mark that everything is measured from.
func (m *meter) begin(now time.Time) {
	bytes, _ := writtenBytes()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.start = mark{now, bytes}
	m.marks = []mark{m.start}
}

// read measures now.
func (m *meter) read(now time.Time) Writes {
	bytes, known := writtenBytes()
	if !known {
		return Writes{}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.readLocked(now, bytes)
}

func (m *meter) readLocked(now time.Time, bytes uint64) Writes {
	if now.Sub(m.marks[len(m.marks)-1].at) >= markEvery {
		m.marks = append(m.marks, mark{now, bytes})
	}
	if len(m.marks) > marksPerDay+1 {
		m.marks = m.marks[len(m.marks)-marksPerDay-1:]
	}
	out := Writes{Known: true, Bytes: bytes - m.start.bytes}
	oldest := m.marks[0]
	if span := now.Sub(oldest.at); span >= meterWarmUp {
		out.PerDay = uint64(float64(bytes-oldest.bytes) * float64(24*time.Hour) / float64(span))
	}
	return out
}

// writtenBytes returns what the process has written to disk so far. See proc_pid_io(5).
func writtenBytes() (uint64, bool) {
	raw, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(raw)) {
		if text, found := strings.CutPrefix(line, "write_bytes:"); found {
			n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
