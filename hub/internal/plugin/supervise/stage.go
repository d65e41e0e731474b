package supervise

import (
	"context"
	"sync"
)

// stage is where everything runs that lasts: nothing begins before it is open,
// and it closes when all is over. The zero value is a stage that is not open yet.
type stage struct {
	mu      sync.Mutex
	waiting []func(context.Context) // wanted before it was open
	opened  bool
	ending  <-chan struct{} // nil if it never ends; set before opened
	running int
	last    bool          // it is closed once nothing runs
	closed  chan struct{} // nil until last
}

// open lets begin what was wanted, all of which is to end when ending is closed.
func (s *stage) open(ending <-chan struct{}) {
	s.mu.Lock()
	s.opened, s.ending = true, ending
	waiting := s.waiting
	s.waiting = nil
	s.mu.Unlock()
	for _, fn := range waiting {
		s.spawn(fn)
	}
}

// close waits until nothing runs. Nothing begins from then on.
func (s *stage) close() {
	s.mu.Lock()
	s.last, s.closed = true, make(chan struct{})
	if s.running == 0 {
		close(s.closed)
	}
	s.mu.Unlock()
	<-s.closed
}

// over reports whether it was closed.
func (s *stage) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last && s.running == 0
}

// spawn runs fn in a goroutine, as soon as the stage is open and not after it
// was closed. Its context ends with the stage.
func (s *stage) spawn(fn func(context.Context)) {
	s.mu.Lock()
	if !s.opened {
		s.waiting = append(s.waiting, fn)
		s.mu.Unlock()
		return
	}
	entered := s.enterLocked()
	s.mu.Unlock()
	if entered {
		go func() {
			defer s.leave()
			ctx, release := s.limit(context.Background())
			defer release()
			fn(ctx)
		}()
	}
}

// within returns a context that also ends with the stage, which does not close
// before leave is called. It returns ErrEnded if it is not open.
func (s *stage) within(ctx context.Context) (limited context.Context, leave func(), err error) {
	s.mu.Lock()
	entered := s.opened && s.enterLocked()
	s.mu.Unlock()
	if !entered {
		return ctx, func() {}, ErrEnded
	}
	limited, release := s.limit(ctx)
	return limited, func() {
		release()
		s.leave()
	}, nil
}

// enterLocked counts one more, unless the stage is closed.
func (s *stage) enterLocked() bool {
	if s.last && s.running == 0 { // closed
		return false
	}
	s.running++
	return true
}

func (s *stage) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	if s.last && s.running == 0 {
		close(s.closed)
	}
}

// limit returns a context that ends with the stage, too. Only to be called between enter and leave.
func (s *stage) limit(ctx context.Context) (limited context.Context, release func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-s.ending:
			cancel(ErrEnded)
		case <-ctx.Done():
		}
	})
	return ctx, func() {
		cancel(nil)
		watching.Wait()
	}
}
