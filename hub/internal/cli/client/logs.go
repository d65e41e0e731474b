package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxEvent bounds one line of a stream of events, in bytes.
const maxEvent = 1 << 20

// ErrStreamEnded says that the hub has ended a stream that should go on.
var ErrStreamEnded = errors.New("the hub has ended the stream")

// LogLine is one line that a plugin wrote.
type LogLine struct {
	Time    time.Time `json:"time"`
	Level   string    `json:"level"`
	Message string    `json:"message"`
}

// LogQuery says which lines are wanted.
type LogQuery struct {
	// Lines is how many of the last lines, 0 for the hub's own choice.
	Lines int
	// Level is the least they have; empty: all.
	Level string
}

func (q LogQuery) values() url.Values {
	values := url.Values{}
	if q.Lines > 0 {
		values.Set("lines", strconv.Itoa(q.Lines))
	}
	if q.Level != "" {
		values.Set("level", q.Level)
	}
	return values
}

// Logs returns the last lines of a plugin, the oldest first.
func (c *Client) Logs(ctx context.Context, id string, query LogQuery) ([]LogLine, error) {
	var list struct {
		Lines []LogLine `json:"lines"`
	}
	err := c.do(ctx, call{method: http.MethodGet, path: pluginPath(id) + "/logs", query: query.values()}, &list)
	return list.Lines, err
}

// FollowLogs calls show with each line, the last ones first and then those that
// come, until the context is done, which is no error, or the stream ends.
func (c *Client) FollowLogs(ctx context.Context, id string, query LogQuery, show func(LogLine) error) error {
	values := query.values()
	values.Set("follow", "1")
	response, err := c.send(ctx, call{
		method: http.MethodGet, path: pluginPath(id) + "/logs", query: values,
		headers: map[string]string{"Accept": "text/event-stream"},
	})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	err = readEvents(response.Body, func(data string) error {
		var line LogLine
		if err := json.Unmarshal([]byte(data), &line); err != nil {
			return fmt.Errorf("%w: %w", ErrAnswer, err)
		}
		return show(line)
	})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// readEvents calls show with the data of each event of the stream:
// https://html.spec.whatwg.org/multipage/server-sent-events.html
func readEvents(stream io.Reader, show func(data string) error) error {
	lines := bufio.NewScanner(stream)
	lines.Buffer(nil, maxEvent)
	var data []string
	for lines.Scan() {
		if lines.Text() != "" {
			if value, ok := strings.CutPrefix(lines.Text(), "data:"); ok && len(data) < 1000 {
				data = append(data, strings.TrimPrefix(value, " "))
			}
			continue
		}
		if len(data) == 0 {
			continue
		}
		if err := show(strings.Join(data, "\n")); err != nil {
			return err
		}
		data = nil
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read stream: %w", err)
	}
	return ErrStreamEnded
}
