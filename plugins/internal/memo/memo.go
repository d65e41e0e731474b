// Package memo keeps an answer for a while, so that what changes rarely is
// asked for rarely.
package memo

import (
	"sync"
	"time"
)

// Value is an answer that is good for a while. The zero value has none yet.
// It is safe for concurrent use; two that find it too old at the same time both ask.
type Value[T any] struct {
	mu    sync.Mutex
	value T
	at    time.Time // when it was asked for; zero: never
}

// Get returns the answer, asking for it if it is older than maxAge at the
// moment now. When asking fails it returns the error and the last answer, which
// is T's zero value if there was none.
func (v *Value[T]) Get(now time.Time, maxAge time.Duration, ask func() (T, error)) (T, error) {
	v.mu.Lock()
	value, at := v.value, v.at
	v.mu.Unlock()
	if age := now.Sub(at); !at.IsZero() && age >= 0 && age < maxAge {
		return value, nil
	}
	fresh, err := ask()
	if err != nil {
		return value, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.value, v.at = fresh, now
	return fresh, nil
}
