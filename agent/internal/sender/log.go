package sender

// state is what was last logged about the connection to the hub.
type state struct {
	verdict verdict
	status  int
	known   bool // false before the first attempt
}

// log tells a change of state: the hub is lost, found, or refuses for another reason. Repeats go to debug.
func (s *Sender) log(outcome outcome) {
	now := state{verdict: outcome.verdict, status: outcome.status, known: true}
	s.mu.Lock()
	before, waiting := s.state, len(s.queue)
	s.state = now
	s.mu.Unlock()

	logger := s.options.Logger
	switch {
	case now == before:
		if outcome.err != nil {
			logger.Debug("report was not accepted again", "error", outcome.err, "waiting", waiting)
		}
	case outcome.verdict == accepted:
		logger.Info("hub accepts reports", "waiting", waiting)
	case outcome.verdict == forbidden:
		logger.Error("hub forbids the token to report, reports are dropped", "error", outcome.err)
	default:
		logger.Warn("report was not accepted, keeping it", "error", outcome.err, "waiting", waiting)
	}
}
