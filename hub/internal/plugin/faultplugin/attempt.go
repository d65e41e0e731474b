package faultplugin

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// Done is what an attempt that succeeded and has nothing to tell comes to.
const Done = "done"

// connectLimit is how long an attempt to connect may take.
const connectLimit = 5 * time.Second

// attempt tries one thing that a plugin may or may not be allowed to do, and
// says what came of it: Done, what it found, or an error text.
//
//	connect ADDRESS  by TCP
//	read PATH        as a file
//	write PATH       as a file
//	fill MEBIBYTES   of memory
//	work HASHES      of processor time
//	count            up by one in the key-value store of the hub; tells the number
//	user             tells its user and group
//	home             tells its home
func (s authoredSource) attempt(ctx context.Context, attempt string) string {
	what, with, _ := strings.Cut(attempt, " ")
	var found string
	var err error
	switch what {
	case "connect":
		err = connect(ctx, with)
	case "read":
		_, err = os.ReadFile(with)
	case "write":
		err = os.WriteFile(with, []byte("x"), 0o600)
	case "fill":
		err = fill(with)
	case "work":
		err = work(with)
	case "count":
		found, err = s.count(ctx)
	case "user":
		found = fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid())
	case "home":
		found = os.Getenv("HOME")
	default:
		err = errors.New("unknown attempt")
	}
	if err != nil {
		return err.Error()
	}
	if found == "" {
		return Done
	}
	return found
}

func connect(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// fill writes to every page of so much memory.
func fill(mebibytes string) error {
	number, err := strconv.Atoi(mebibytes)
	if err != nil {
		return err
	}
	block := make([]byte, number<<20)
	for i := 0; i < len(block); i += os.Getpagesize() {
		block[i] = 1
	}
	return nil
}

// work hashes a mebibyte so many times.
func work(times string) error {
	number, err := strconv.Atoi(times)
	if err != nil {
		return err
	}
	block := make([]byte, 1<<20)
	for range number {
		sum := sha256.Sum256(block)
		copy(block, sum[:])
	}
	return nil
}

// count counts in the hub's store.
func (s authoredSource) count(ctx context.Context) (string, error) {
	const key = "count"
	before, _, err := s.Instance.Host.Get(ctx, key)
	if err != nil {
		return "", err
	}
	number, _ := strconv.Atoi(string(before)) // nothing is 0
	text := strconv.Itoa(number + 1)
	return text, s.Instance.Host.Put(ctx, key, []byte(text), 0)
}
