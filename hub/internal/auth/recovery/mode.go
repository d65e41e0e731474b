package recovery

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

const (
	// ModeTime is how long recovery mode lasts at most.
	ModeTime = time.Hour

	modeName = ".auth_recovery"
	modeKey  = "recovery/mode"
	// lookInterval is how often the file is looked for.
	lookInterval = 5 * time.Second
)

// mode is what is kept of the recovery mode.
type mode struct {
	// Until is when it ends; zero: it is off.
	Until time.Time `json:"until,omitzero"`
	// Ignored is the time of a file that could not be removed when the mode ended:
	// as long as it stays the same it turns nothing on.
	Ignored time.Time `json:"ignored,omitzero"`
}

// On reports whether recovery mode is on: callers on this machine whose
// requests no proxy has passed on then need no credentials.
func (d *Desk) On() bool {
	_, on := d.Until()
	return on
}

// Until returns when recovery mode ends; false when it is off.
func (d *Desk) Until() (time.Time, bool) {
	until := d.on.Load()
	if until == nil || !d.options.Now().Before(*until) {
		return time.Time{}, false
	}
	return *until, true
}

// TurnOn turns recovery mode on for ModeTime from now, and creates the file
// that shows it. The error is one of the disk or the store; the mode is as
// before then.
func (d *Desk) TurnOn(ctx context.Context) error {
	if err := d.begin(ctx); err != nil {
		return err
	}
	defer d.done()
	until := d.options.Now().Add(ModeTime)
	note := fmt.Sprintf("Until %s callers on this machine need not sign in. Remove this file to end that.\n", until.UTC().Format(time.RFC3339))
	if err := write(d.path, []byte(note)); err != nil {
		return fmt.Errorf("show recovery mode: %w", err)
	}
	if err := d.start(ctx, until); err != nil {
		if d.mode.Until.IsZero() {
			return errors.Join(err, remove(d.path))
		}
		return err
	}
	d.tell(ctx, "mode", "enabled", "until "+until.UTC().Format(time.RFC3339))
	return nil
}

// TurnOff turns recovery mode off. The error is ErrOff, or one of the disk or
// the store; then it is off now, but may be on again after a restart.
func (d *Desk) TurnOff(ctx context.Context) error {
	if err := d.begin(ctx); err != nil {
		return err
	}
	defer d.done()
	if !d.On() {
		return ErrOff
	}
	err := d.stop(ctx)
	d.tell(ctx, "mode", "disabled", "")
	return err
}

// resume takes up a mode that was kept. It lasts no longer than a new one
// would, whatever has become of the clock.
func (d *Desk) resume(kept mode) {
	if kept.Until.IsZero() {
		d.mode = kept
		return
	}
	if latest := d.options.Now().Add(ModeTime); kept.Until.After(latest) {
		kept.Until = latest
	}
	d.mode = kept
	d.on.Store(&kept.Until)
}

// look compares the mode with the clock and its file, and follows them.
func (d *Desk) look(ctx context.Context) error {
	written, err := d.file()
	there := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrUnsafe) {
		return fmt.Errorf("look for the file of recovery mode: %w", err)
	}
	switch on := !d.mode.Until.IsZero(); {
	case on && !d.On():
		err := d.stop(ctx)
		d.tell(ctx, "mode", "ended", "its time is over")
		return err
	case on && !there:
		err := d.stop(ctx)
		d.tell(ctx, "mode", "disabled", modeName+" was removed")
		return err
	case !on && there && !written.Equal(d.mode.Ignored):
		until := d.options.Now().Add(ModeTime)
		if err := d.start(ctx, until); err != nil {
			return err
		}
		d.tell(ctx, "mode", "enabled", modeName+" was created; until "+until.UTC().Format(time.RFC3339))
	case errors.Is(err, ErrUnsafe):
		return fmt.Errorf("look for the file of recovery mode: %w", err)
	}
	return nil
}

// file returns when the file of the mode was written. The error is
// fs.ErrNotExist, ErrUnsafe or one of the disk. The administrator of the
// machine may have made it, and nobody else but the hub.
func (d *Desk) file() (time.Time, error) {
	info, err := os.Lstat(d.path)
	if err != nil {
		return time.Time{}, err
	}
	if !info.Mode().IsRegular() || !ownedOrRoots(info) {
		return time.Time{}, fmt.Errorf("%w: %s", ErrUnsafe, d.path)
	}
	return info.ModTime(), nil
}

// start keeps the end of the mode before the mode begins, so that no restart
// makes it longer.
func (d *Desk) start(ctx context.Context, until time.Time) error {
	started := mode{Until: until}
	if err := store.PutJSON(ctx, d.options.Records, store.SignIn, modeKey, started); err != nil {
		return fmt.Errorf("keep recovery mode: %w", err)
	}
	d.mode = started
	d.on.Store(&until)
	d.options.Logger.Warn("recovery mode is on: callers on this machine need not sign in", "until", until.UTC())
	return nil
}

// stop ends the mode. The file goes first: without it the mode that is still
// kept ends at the next start.
func (d *Desk) stop(ctx context.Context) error {
	d.on.Store(nil)
	d.mode = mode{}
	d.options.Logger.Info("recovery mode is off")
	err := remove(d.path)
	if err != nil {
		if written, lookErr := d.file(); lookErr == nil {
			d.mode.Ignored = written
		}
		err = fmt.Errorf("end recovery mode: %w", err)
	}
	// What is kept must not depend on whether the caller still listens.
	ctx = context.WithoutCancel(ctx)
	if d.mode.Ignored.IsZero() {
		return errors.Join(err, d.options.Records.Delete(ctx, store.SignIn, modeKey))
	}
	return errors.Join(err, store.PutJSON(ctx, d.options.Records, store.SignIn, modeKey, d.mode))
}
