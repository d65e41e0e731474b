package audit

import (
	"context"
	"errors"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

const (
	// flushEvery is how often counted events are looked at.
	flushEvery = 10 * time.Second
	// trimEvery is how often events are removed for their age.
	trimEvery = 24 * time.Hour
	// lastWrite bounds the writing when Run ends.
	lastWrite = 5 * time.Second
)

// Run takes over the events of earlier versions, removes old events each day and writes down what AddRepeated has
// counted, until the context ends; then it writes what is still counted. The error is always nil.
func (l *Log) Run(ctx context.Context) error {
	trouble := &trouble{log: l}
	trouble.met("take over events", l.start(ctx))
	flush, trim := time.NewTicker(flushEvery), time.NewTicker(trimEvery)
	defer flush.Stop()
	defer trim.Stop()
	trouble.met("trim", l.trimOld(ctx))
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWrite)
			defer cancel()
			trouble.met("flush", l.flush(last, 0))
			return nil
		case <-flush.C:
			trouble.met("flush", l.flush(ctx, summaryEvery))
		case <-trim.C:
			trouble.met("trim", l.trimOld(ctx))
		}
	}
}

// start takes over what earlier versions wrote, if nothing was written since.
func (l *Log) start(ctx context.Context) error {
	return l.options.Records.Update(ctx, func(tx store.Tx) error {
		_, err := l.writer(ctx, tx)
		return err
	})
}

func (l *Log) trimOld(ctx context.Context) error {
	for {
		if more, err := l.trimAge(ctx); err != nil || !more {
			return err
		}
	}
}

// flush writes what was counted, in one transaction. What cannot be written is lost; the log of the hub says so.
func (l *Log) flush(ctx context.Context, age time.Duration) error {
	events := l.due(age)
	if len(events) == 0 {
		return nil
	}
	return l.options.Records.Update(ctx, func(tx store.Tx) error {
		for _, event := range events {
			if err := l.AddTx(ctx, tx, event); err != nil {
				return err
			}
		}
		return nil
	})
}

// trouble logs that housekeeping does not work when that begins and when it is over.
type trouble struct {
	log  *Log
	step string
}

func (t *trouble) met(step string, err error) {
	switch {
	case err == nil && t.step == step:
		t.step = ""
		t.log.options.Logger.Info("audit log can be written again", "step", step)
	case err != nil && t.step == "" && !errors.Is(err, context.Canceled):
		t.step = step
		t.log.options.Logger.Error("audit log cannot be kept in order", "step", step, "error", err)
	}
}
