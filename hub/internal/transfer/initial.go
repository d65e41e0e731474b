package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/outbound"
	"github.com/pulse-hub/pulse/hub/internal/transfer/bundle"
)

// fetchLimit bounds how long a bundle is fetched.
const fetchLimit = 30 * time.Second

var errFetchLimit = errors.New("the server did not send the bundle in time")

// Initial is a bundle that a new hub begins with. Of Data, File and URL the first that is not empty counts.
type Initial struct {
	// Data is the text of the bundle itself.
	Data string
	// File is the path of a file with it, URL an http or https address of one. Either may also hold the answer of the
	// export as it was saved: a JSON object with the bundle as "data".
	File, URL  string
	Passphrase string
	// Client fetches from URL; nil: one of its own, which ends after half a minute.
	Client *http.Client
}

// Begin imports the initial bundle, if there is one and nothing is configured yet. Call it once plugins are known. A
// failure is logged, and keeps nothing from going on: a hub that does not start is worse than one that is empty.
func (d *Desk) Begin(ctx context.Context, initial Initial) {
	if initial.Data == "" && initial.File == "" && initial.URL == "" {
		return
	}
	blank, err := d.blank(ctx)
	if err != nil {
		d.Logger.Error("initial configuration not imported", "error", err)
		return
	}
	if !blank {
		d.Logger.Debug("initial configuration not needed: the hub has one")
		return
	}
	data, err := initial.read(ctx)
	if err == nil {
		var outcome *Outcome
		if outcome, err = d.Import(ctx, Import{Data: data, Passphrase: initial.Passphrase, Actor: "initial configuration"}); err == nil {
			for _, warning := range outcome.Warnings {
				d.Logger.Warn("initial configuration: something is left out", "reason", warning)
			}
			return
		}
	}
	d.Logger.Error("initial configuration not imported", "error", err)
}

// blank says that nothing was configured yet. Users and ways to sign in do not count: those may come from the environment.
func (d *Desk) blank(ctx context.Context) (bool, error) {
	whole, err := current(ctx, d.Records)
	if err != nil {
		return false, err
	}
	configured := len(whole.Instances)
	for _, name := range []string{sectionNodes, sectionChannels, sectionAlerts, sectionSystem, sectionMetadata, sectionTokens} {
		configured += len(whole.Sections[name])
	}
	return configured == 0, nil
}

// read returns the text of the bundle.
func (i *Initial) read(ctx context.Context) (string, error) {
	var text []byte
	var err error
	switch {
	case i.Data != "":
		text = []byte(i.Data)
	case i.File != "":
		text, err = readFile(i.File)
	default:
		text, err = i.fetch(ctx)
	}
	if err != nil {
		return "", err
	}
	return bundle.Text(text), nil
}

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open bundle: %w", err)
	}
	defer file.Close()
	return readBounded(file)
}

// readBounded reads a bundle with what an answer has around it.
func readBounded(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, bundle.MaxSaved))
	if err != nil {
		return nil, fmt.Errorf("read bundle: %w", err)
	}
	return text, nil
}

// fetch gets the bundle from its URL, which no error shows: there may be a password in it.
func (i *Initial) fetch(ctx context.Context) ([]byte, error) {
	address, err := url.Parse(i.URL)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return nil, errors.New("the URL of the bundle is not an http or https URL")
	}
	ctx, cancel := context.WithTimeoutCause(ctx, fetchLimit, errFetchLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, errors.New("the URL of the bundle cannot be asked for")
	}
	client := i.Client
	if client == nil {
		own := outbound.New(outbound.Options{Reach: outbound.Private, Timeout: fetchLimit, MaxAnswer: bundle.MaxSaved + 1})
		defer own.Close()
		client = own.HTTP()
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("fetch bundle: %w", because(ctx, err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch bundle: the server answers %d", response.StatusCode)
	}
	text, err := readBounded(response.Body)
	if err != nil {
		return nil, because(ctx, err)
	}
	return text, nil
}

// because returns what ended the context, if it has ended, and an error without the URL otherwise.
func because(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
