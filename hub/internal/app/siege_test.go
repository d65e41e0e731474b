//go:build linux

package app_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	owner         = "anna"
	ownerPassword = "a long password of the owner"
	// home is where the owner has signed in before, hotel where never.
	home, hotel = "127.9.0.1", "127.9.0.2"
)

// plan is how hard a hub is besieged.
type plan struct {
	// HalfOpen is how many connections are opened at once and say nothing, or
	// begin a request and never end it, every third of them.
	HalfOpen int
	// Logins is how many attempts to sign in there are a minute. All have a wrong
	// password, one in OnOwner is for the owner, the others for names nobody has.
	Logins, OnOwner int
	// Lasts is how long it goes on.
	Lasts time.Duration
	// Worst is how long the slowest of a hundred reads may take.
	Worst time.Duration
}

// siege is a hub that is attacked from many addresses of this machine.
type siege struct {
	plan
	*child
	port string

	mu       sync.Mutex
	statuses map[int]int // of attempts to sign in; 0: no answer
	halfOpen []net.Conn
	refused  int // connections not made
}

// TestSiege attacks a hub while a user who is signed in reads and the owner
// signs in. PULSE_BENCH_SIEGE makes it as hard as the hub is meant to bear.
func TestSiege(t *testing.T) {
	p := plan{HalfOpen: 1500, Logins: 3000, OnOwner: 2, Lasts: 4 * time.Second, Worst: 2 * time.Second}
	if os.Getenv("PULSE_BENCH_SIEGE") != "" {
		p = plan{HalfOpen: 10_000, Logins: 10_000, OnOwner: 2, Lasts: time.Minute, Worst: 200 * time.Millisecond}
	}
	t.Setenv("PULSE_AUTH_USER", owner)
	t.Setenv("PULSE_AUTH_PASS", ownerPassword)
	s := &siege{plan: p, child: spawn(t, shortDir(t)), statuses: map[int]int{}}
	_, s.port, _ = net.SplitHostPort(strings.TrimPrefix(s.url, "http://"))
	raiseOpenFiles(t)
	cookies := s.signIn(t, home, 10*time.Second)
	before := s.readFor(t, cookies, time.Second)
	t.Logf("in peace: %s", before)

	ctx, end := context.WithTimeout(t.Context(), p.Lasts)
	defer end()
	var attack sync.WaitGroup
	defer s.giveUp()
	attack.Go(func() { s.openHalf(ctx) })
	attack.Go(func() { s.guess(ctx) })
	var owner sync.WaitGroup
	owner.Go(func() { s.signIn(t, home, p.Lasts) })
	owner.Go(func() { s.signIn(t, hotel, p.Lasts) })
	during := s.readFor(t, cookies, p.Lasts)
	owner.Wait()
	end()
	attack.Wait()
	s.report(t, before, during)
	if during.failed > 0 || during.at(0.99) > p.Worst {
		t.Errorf("a user who is signed in reads %s, and the slowest of a hundred may take %s", during, p.Worst)
	}
	if s.statuses[http.StatusOK] > 0 {
		t.Errorf("%d wrong passwords were right", s.statuses[http.StatusOK])
	}
}

// raiseOpenFiles lets this process have as many connections as the system allows.
func raiseOpenFiles(t *testing.T) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Max < 12_000 && os.Getenv("PULSE_BENCH_SIEGE") != "" {
		t.Skipf("only %d files may be open here: ulimit -n 20000", limit.Max)
	}
}

// dial connects from an address of this machine.
func (s *siege) dial(ctx context.Context, from string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: 10 * time.Second, LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	return dialer.DialContext(ctx, "tcp", "127.0.0.1:"+s.port)
}

// openHalf opens connections as fast as it can.
func (s *siege) openHalf(ctx context.Context) {
	var openers sync.WaitGroup
	for worker := range 8 {
		openers.Go(func() {
			for i := worker; i < s.HalfOpen && ctx.Err() == nil; i += 8 {
				conn, err := s.dial(ctx, fmt.Sprintf("127.2.%d.%d", i/200, i%200+1))
				if err == nil && i%3 == 0 {
					_, err = io.WriteString(conn, "GET /api/state HTTP/1.1\r\nHost: hub\r\nX-Never-Ends: ")
				}
				s.mu.Lock()
				if err != nil {
					s.refused++
				}
				if conn != nil {
					s.halfOpen = append(s.halfOpen, conn)
				}
				s.mu.Unlock()
			}
		})
	}
	openers.Wait()
}

// guess tries passwords at a steady pace, whatever becomes of each.
func (s *siege) guess(ctx context.Context) {
	var guesses sync.WaitGroup
	defer guesses.Wait()
	pace := time.NewTicker(time.Minute / time.Duration(s.Logins))
	defer pace.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-pace.C:
		}
		guesses.Go(func() {
			name := owner
			if i%s.OnOwner != 0 {
				name = fmt.Sprintf("nobody-%d", i)
			}
			response, err := s.post(ctx, fmt.Sprintf("127.1.%d.%d", i/200%200, i%200+1), name, "a wrong password of somebody")
			s.mu.Lock()
			defer s.mu.Unlock()
			if err != nil {
				s.statuses[0]++
				return
			}
			s.statuses[response.StatusCode]++
		})
	}
}

// post tries to sign in over a connection of its own.
func (s *siege) post(ctx context.Context, from, name, password string) (*http.Response, error) {
	conn, err := s.dial(ctx, from)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return nil, err
	}
	body := fmt.Sprintf(`{"username":%q,"password":%q}`, name, password)
	_, err = fmt.Fprintf(conn, "POST /api/login HTTP/1.1\r\nHost: hub\r\nUser-Agent: siege\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	if err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, response.Body)
	return response, err
}

// signIn has the owner try until it works, once a second as a person would at most.
func (s *siege) signIn(t *testing.T, from string, patience time.Duration) []*http.Cookie {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	again := time.NewTicker(time.Second)
	defer again.Stop()
	began, answers := time.Now(), []int{}
	for {
		tried := time.Now()
		response, err := s.post(ctx, from, owner, ownerPassword)
		if err == nil {
			answers = append(answers, response.StatusCode)
			if response.StatusCode == http.StatusOK {
				t.Logf("the owner signs in from %s after %s, the last attempt took %s", from, round(time.Since(began)), round(time.Since(tried)))
				return response.Cookies()
			}
		}
		select {
		case <-ctx.Done():
			t.Errorf("the owner cannot sign in from %s: %v, answers %v", from, err, answers)
			return nil
		case <-again.C:
		}
	}
}

// readings are how long reads took.
type readings struct {
	took   []time.Duration // shortest first
	failed int
	last   error
}

func (r readings) at(share float64) time.Duration {
	if len(r.took) == 0 {
		return 0
	}
	return r.took[int(share*float64(len(r.took)-1))]
}

func (r readings) String() string {
	return fmt.Sprintf("%d times, p50 %s, p99 %s, at most %s, %d failed (%v)",
		len(r.took), round(r.at(0.5)), round(r.at(0.99)), round(r.at(1)), r.failed, r.last)
}

func round(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }

// readFor has a user who is signed in read at a steady pace, as pages do over a connection that stays.
func (s *siege) readFor(t *testing.T, cookies []*http.Cookie, length time.Duration) readings {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return s.dial(ctx, home) }}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	var r readings
	for end := time.Now().Add(length); time.Now().Before(end); <-pace.C {
		began := time.Now()
		if err := s.read(t, client, cookies); err != nil {
			r.failed, r.last = r.failed+1, err
			continue
		}
		r.took = append(r.took, time.Since(began))
	}
	slices.Sort(r.took)
	return r
}

func (s *siege) read(t *testing.T, client *http.Client, cookies []*http.Cookie) error {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/api/state/summary", nil)
	if err != nil {
		return err
	}
	request.Header.Set("User-Agent", "siege") // a session belongs to a browser
	for _, cookie := range cookies {
		request.AddCookie(cookie)
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, response.Body)
	if err = errors.Join(err, response.Body.Close()); err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	return err
}

// report says what the siege was and what it cost the hub.
func (s *siege) report(t *testing.T, before, during readings) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	open := 0
	for _, conn := range s.halfOpen {
		if conn.SetReadDeadline(time.Now().Add(time.Millisecond)) == nil {
			if _, err := conn.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
				open++
			}
		}
	}
	attempts := 0
	for status := range maps.Values(s.statuses) {
		attempts += status
	}
	t.Logf("under siege: %s; p99 is %.1f times that in peace", during, float64(during.at(0.99))/float64(max(before.at(0.99), 1)))
	t.Logf("%d half-open connections made, %d not, %d still open; %d attempts to sign in (%.0f a minute), by status %v",
		len(s.halfOpen), s.refused, open, attempts, float64(attempts)/s.Lasts.Minutes(), s.statuses)
	t.Logf("the hub: %s", usage(s.cmd.Process.Pid))
}

// usage is the memory and processor time that a process has taken.
func usage(pid int) string {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return err.Error()
	}
	var shown []string
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmHWM:") || strings.HasPrefix(line, "VmRSS:") {
			shown = append(shown, strings.Join(strings.Fields(line), " "))
		}
	}
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		shown = append(shown, fmt.Sprintf("ticks of 10 ms: %s user, %s system", fields[11], fields[12]))
	}
	return strings.Join(shown, ", ")
}

// giveUp ends what is half open.
func (s *siege) giveUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.halfOpen {
		_ = conn.Close() // it may be closed already
	}
}
