package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

const (
	liveHosts    = 500
	liveInterval = 10 * time.Second
	liveProtocol = "pulse.live.v1"
)

// page is a connected reader of the live feed that counts what the wire carries.
type page struct {
	conn  *websocket.Conn
	wire  *atomic.Int64
	done  chan struct{}
	onMsg func([]byte)
}

// countingConn counts the bytes that arrive.
type countingConn struct {
	net.Conn
	received *atomic.Int64
}

func (c countingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.received.Add(int64(n))
	return n, err
}

func openPage(ctx context.Context, hub *process, protocols []string, onMsg func([]byte)) (*page, error) {
	p := &page{wire: &atomic.Int64{}, done: make(chan struct{}), onMsg: onMsg}
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return countingConn{Conn: conn, received: p.wire}, nil
	}}
	conn, _, err := websocket.Dial(ctx, strings.Replace(hub.url, "http", "ws", 1)+"/ws?token="+token, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport}, Subprotocols: protocols, CompressionMode: websocket.CompressionContextTakeover,
	})
	if err != nil {
		return nil, fmt.Errorf("open page: %w", err)
	}
	conn.SetReadLimit(64 << 20)
	p.conn = conn
	go p.read(ctx)
	return p, nil
}

func (p *page) read(ctx context.Context) {
	defer close(p.done)
	for {
		_, message, err := p.conn.Read(ctx)
		if err != nil {
			return
		}
		p.onMsg(message)
	}
}

func (p *page) close() {
	_ = p.conn.CloseNow()
	<-p.done
}

// pages are one page of each protocol, so that every consumer has work.
type pages []*page

func openPages(ctx context.Context, hub *process) (pages, error) {
	var open pages
	for _, protocols := range [][]string{nil, {liveProtocol}} {
		p, err := openPage(ctx, hub, protocols, func([]byte) {})
		if err != nil {
			open.close()
			return nil, err
		}
		open = append(open, p)
	}
	return open, nil
}

func (p pages) close() {
	for _, page := range p {
		page.close()
	}
}

// measureLive has hosts report evenly and counts what one page receives and
// how long a report takes to reach it.
func measureLive(ctx context.Context, bin string, s settings) ([]Result, error) {
	hub, err := startHub(ctx, bin)
	if err != nil {
		return nil, err
	}
	defer hub.stop()
	f := newFleet(liveHosts)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}, Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	if err := f.introduce(ctx, hub.url); err != nil {
		return nil, err
	}
	watch := &latencies{sent: map[string]time.Time{}}
	p, err := openPage(ctx, hub, []string{liveProtocol}, watch.see)
	if err != nil {
		return nil, err
	}
	defer p.close()
	if err := evenly(ctx, f, client, hub.url, liveInterval, watch); err != nil { // past the snapshot
		return nil, err
	}
	before, cpuBefore, begin := p.wire.Load(), must(hub.cpu()), time.Now()
	if err := evenly(ctx, f, client, hub.url, time.Duration(s.live)*time.Second, watch); err != nil {
		return nil, err
	}
	minutes := time.Since(begin).Minutes()
	megabytes := float64(p.wire.Load()-before) / 1e6 / minutes
	slowest, median, missing := watch.figures()
	if missing > liveHosts/10 {
		return nil, fmt.Errorf("%d reports never reached the page", missing)
	}
	return []Result{
		Result{Name: fmt.Sprintf("live feed, %d hosts every %s", liveHosts, liveInterval), Value: megabytes, Unit: "MB/min"}.atMost(3.5),
		{Name: "live feed: report to page, median", Value: median, Unit: "s"},
		Result{Name: "live feed: report to page, slowest", Value: slowest, Unit: "s"}.atMost(2),
		{Name: "live feed: CPU of the hub", Value: (must(hub.cpu()) - cpuBefore).Seconds() / minutes, Unit: "s/min"},
	}, nil
}

// evenly has every host report once per liveInterval, spread over it.
func evenly(ctx context.Context, f *fleet, client *http.Client, url string, length time.Duration, watch *latencies) error {
	ticker := time.NewTicker(liveInterval / liveHosts)
	defer ticker.Stop()
	end := time.Now().Add(length)
	for i := 0; time.Now().Before(end); i = (i + 1) % len(f.hosts) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		watch.expect(f.hosts[i].Host.ID)
		if err := f.report(ctx, client, url, i); err != nil {
			return err
		}
	}
	return nil
}

// latencies matches what was reported with what the page was told.
type latencies struct {
	mu    sync.Mutex
	sent  map[string]time.Time
	taken []float64
}

func (l *latencies) expect(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sent[id] = time.Now()
}

func (l *latencies) see(message []byte) {
	var frame struct {
		Type string
		Data struct {
			Set, Patch []struct{ ID string }
		}
	}
	if json.Unmarshal(message, &frame) != nil || frame.Type != "delta" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, item := range append(frame.Data.Set, frame.Data.Patch...) {
		if sent, waiting := l.sent[item.ID]; waiting {
			l.taken = append(l.taken, time.Since(sent).Seconds())
			delete(l.sent, item.ID)
		}
	}
}

func (l *latencies) figures() (slowest, middle float64, missing int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.taken) == 0 {
		return 0, 0, liveHosts
	}
	return slices.Max(l.taken), median(l.taken), len(l.sent)
}

func must(d time.Duration, err error) time.Duration {
	if err != nil {
		panic(errors.Join(errors.New("the hub is gone"), err))
	}
	return d
}
