package update

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// maxProgram is the largest program that is fetched, in bytes.
const maxProgram = 100 << 20

func (u *Updater) get(ctx context.Context, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.URL+path, nil)
	if err != nil {
		return nil, withoutURL(err)
	}
	request.Header.Set("User-Agent", "pulse-agent/"+u.Version)
	response, err := u.Client.Do(request)
	if err != nil {
		return nil, withoutURL(err)
	}
	return response, nil
}

// withoutURL strips the URL that package http puts into its errors, as it may hold a password.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// fetch leaves the program of the hub, checked, in a file beside the running one and returns its path. The token is not
// sent: programs are for everybody.
func (u *Updater) fetch(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 5*time.Minute, errors.New("the download took too long"))
	defer cancel()
	for _, path := range []string{"/download/pulse-agent?arch=" + u.Target, "/download/pulse-agent"} {
		response, err := u.get(ctx, path)
		if err != nil {
			return "", fmt.Errorf("download program: %w", err)
		}
		if response.StatusCode == http.StatusOK {
			file, err := u.save(response)
			return file, errors.Join(err, response.Body.Close())
		}
		_ = response.Body.Close() // nothing was read
		if status := response.StatusCode; status != http.StatusNotFound && status != http.StatusTemporaryRedirect {
			return "", fmt.Errorf("download program: status %d", status)
		}
	}
	return "", fmt.Errorf("download program: %w", ErrNotOffered)
}

// save writes the program to a file and checks it.
func (u *Updater) save(response *http.Response) (path string, err error) {
	want, err := hex.DecodeString(response.Header.Get("X-Checksum-Sha256"))
	if err != nil || len(want) != sha256.Size {
		return "", fmt.Errorf("%w: the hub does not tell its checksum", ErrUntrusted)
	}
	file, err := os.CreateTemp(filepath.Dir(u.Program), ".pulse-agent-*"+filepath.Ext(u.Program))
	if err != nil {
		return "", fmt.Errorf("make file for the program: %w", err)
	}
	defer func() {
		err = errors.Join(err, file.Close())
		if err != nil {
			path = ""
			_ = os.Remove(file.Name()) // best effort: it is overwritten by no one
		}
	}()
	hash, head := sha256.New(), &bytes.Buffer{}
	limited := io.LimitReader(response.Body, maxProgram+1)
	size, err := io.Copy(io.MultiWriter(file, hash), io.TeeReader(io.LimitReader(limited, 4), head))
	if err == nil {
		var rest int64
		rest, err = io.Copy(io.MultiWriter(file, hash), limited)
		size += rest
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("download program: %w", withoutURL(err))
	case size > maxProgram:
		return "", fmt.Errorf("%w: it is too large", ErrUntrusted)
	case !bytes.Equal(hash.Sum(nil), want):
		return "", fmt.Errorf("%w: its checksum is wrong", ErrUntrusted)
	case !isProgram(runtime.GOOS, head.Bytes()):
		return "", fmt.Errorf("%w: it is no program for this system", ErrUntrusted)
	}
	return file.Name(), errors.Join(file.Chmod(0o755), file.Sync())
}

// isProgram reports whether a file that begins like this is a program of the system: ELF, Mach-O (also universal) or PE.
func isProgram(system string, head []byte) bool {
	switch system {
	case "windows":
		return bytes.HasPrefix(head, []byte("MZ"))
	case "darwin":
		return bytes.Equal(head, []byte{0xcf, 0xfa, 0xed, 0xfe}) || bytes.Equal(head, []byte{0xca, 0xfe, 0xba, 0xbe})
	}
	return bytes.Equal(head, []byte("\x7fELF"))
}

// probe runs the program once, to see that this machine can, and that it is what the hub says.
func probe(ctx context.Context, program, version string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 30*time.Second, errors.New("it does not end"))
	defer cancel()
	command := exec.CommandContext(ctx, program, "--version")
	command.WaitDelay = time.Second
	out, err := command.Output()
	if err != nil {
		return fmt.Errorf("%w: it does not run here: %w", ErrUntrusted, err)
	}
	if got := strings.TrimSpace(string(out)); strings.TrimPrefix(got, "v") != strings.TrimPrefix(version, "v") {
		return fmt.Errorf("%w: it is of another version than the hub", ErrUntrusted)
	}
	return nil
}
