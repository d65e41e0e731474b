// Package condition keeps what is wrong with the hub itself at the moment: parts report a condition when it begins and
// when it has ended, and whoever shows it to people or programs reads the list.
package condition

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Severity says how bad a condition is.
type Severity string

// The severities.
const (
	Warning  Severity = "warning"
	Critical Severity = "critical"
)

// The conditions that parts of the hub report.
const (
	// MetricsBlocked: samples cannot be written, as on a full disk; agents are asked to keep their reports.
	MetricsBlocked Code = "metrics-blocked"
	// SettingsBlocked: settings cannot be written, as on a full disk.
	SettingsBlocked Code = "settings-blocked"
)

// Code names a condition for programs.
type Code string

// A Condition is one thing that is wrong.
type Condition struct {
	Code     Code
	Severity Severity
	// Message says it in one sentence for people, without secrets.
	Message string
	// Since is when it began.
	Since time.Time
}

// Board holds the conditions. Make it with New; it is safe for concurrent use. It has as many entries as there are codes.
type Board struct {
	now func() time.Time

	mu      sync.Mutex
	active  map[Code]Condition
	changed chan struct{} // closed and replaced with each change
}

// New returns a board without conditions. The clock may be nil: time.Now.
func New(now func() time.Time) *Board {
	if now == nil {
		now = time.Now
	}
	return &Board{now: now, active: make(map[Code]Condition), changed: make(chan struct{})}
}

// Set says that a condition holds. When it did already, the time it began is kept.
func (b *Board) Set(code Code, severity Severity, message string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before, known := b.active[code]
	after := Condition{Code: code, Severity: severity, Message: message, Since: before.Since}
	if !known {
		after.Since = b.now()
	}
	if after == before {
		return
	}
	b.active[code] = after
	b.tellLocked()
}

// Clear says that a condition has ended, or never began.
func (b *Board) Clear(code Code) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.active[code]; !known {
		return
	}
	delete(b.active, code)
	b.tellLocked()
}

// List returns what holds, the worst first and then by code, and a channel that is closed with the next change. The
// slice is the caller's.
func (b *Board) List() ([]Condition, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]Condition, 0, len(b.active))
	for _, one := range b.active {
		list = append(list, one)
	}
	slices.SortFunc(list, func(x, y Condition) int {
		return cmp.Or(cmp.Compare(x.Severity, y.Severity), cmp.Compare(x.Code, y.Code))
	})
	return list, b.changed
}

func (b *Board) tellLocked() {
	close(b.changed)
	b.changed = make(chan struct{})
}
