package api

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"strconv"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
	"github.com/pulse-hub/pulse/hub/internal/view/platform"
)

// PluginLogs is the output of plugins that run, as supervise.Host keeps it.
type PluginLogs interface {
	// Lines returns up to n of the last lines, the oldest first.
	Lines(plugin string, n int) ([]journal.Line, error)
	// Follow yields these and all later lines until ctx ends.
	Follow(ctx context.Context, plugin string, n int) (iter.Seq[journal.Followed], error)
	// SetLevel makes the plugin say more or less.
	SetLevel(plugin string, level hclog.Level) error
}

// LogLines is the end of a plugin's output.
type LogLines struct {
	Lines []platform.LogLine `json:"lines" description:"The oldest first."`
}

// FollowedLine is the data of one server-sent event.
type FollowedLine struct {
	platform.LogLine
	Lost int `json:"lost,omitempty" description:"How many lines before it were lost because the reader was too slow."`
}

// LogLevel is how much a plugin says.
type LogLevel struct {
	Level string `json:"level" required:"true" enum:"trace,debug,info,warn,error"`
}

const defaultLines = 200

func (a *API) pluginLogRoutes() []route.Route {
	return []route.Route{
		{
			Path: "/api/plugins/{id}/logs", Access: route.Admin(auth.ScopeSettingsRead),
			Summary: "What a plugin prints", Description: "With follow=1 the answer is a stream of server-sent events, one line each.",
			Query: []route.Param{
				{Name: "lines", Description: "How many of the last lines; default 200, at most 2000."},
				{Name: "level", Description: "Only lines of this level or above.", Enum: []string{"trace", "debug", "info", "warn", "error"}},
				{Name: "follow", Description: "Whether to stay for what comes.", Enum: []string{"0", "1"}},
			},
			Answer: LogLines{}, Handle: a.pluginLogs,
		},
		{
			Methods: []string{http.MethodPut}, Path: "/api/plugins/{id}/log-level", Access: route.Admin(auth.ScopeSettingsWrite),
			MaxBody: maxSmallBody, Summary: "How much a plugin says, from its next start on at the latest", Body: LogLevel{}, Handle: a.pluginLogLevel,
		},
	}
}

func (a *API) pluginLogs(c *route.Call) (any, error) {
	n := defaultLines
	if text := c.Query("lines"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 1 || n > journal.MaxLines {
			return nil, invalidField("lines", fmt.Sprintf("must be 1 to %d", journal.MaxLines))
		}
	}
	level := hclog.Trace
	if text := c.Query("level"); text != "" {
		if level = hclog.LevelFromString(text); level == hclog.NoLevel {
			return nil, invalidField("level", "is not a level")
		}
	}
	if c.Query("follow") == "1" {
		return a.followLogs(c, n, level)
	}
	lines, err := a.PluginLogs.Lines(c.PathValue("id"), n)
	if err != nil {
		return nil, pluginFailure(err)
	}
	answer := LogLines{Lines: []platform.LogLine{}}
	for _, line := range lines {
		if line.Level >= level {
			answer.Lines = append(answer.Lines, platform.LineOf(line))
		}
	}
	return answer, nil
}

func (a *API) followLogs(c *route.Call, n int, level hclog.Level) (any, error) {
	lines, err := a.PluginLogs.Follow(c.Context(), c.PathValue("id"), n)
	if err != nil {
		return nil, pluginFailure(err)
	}
	header := c.Writer.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // nginx would keep lines back
	flush := http.NewResponseController(c.Writer)
	if err := flush.Flush(); err != nil {
		return nil, err
	}
	for line := range lines {
		if line.Level < level && line.Lost == 0 {
			continue
		}
		body, err := json.Marshal(FollowedLine{LogLine: platform.LineOf(line.Line), Lost: line.Lost})
		if err != nil {
			return nil, err
		}
		if _, err := fmt.Fprintf(c.Writer, "data: %s\n\n", body); err != nil {
			break // the reader has gone
		}
		if err := flush.Flush(); err != nil {
			break
		}
	}
	return route.Taken{}, nil
}

func (a *API) pluginLogLevel(c *route.Call) (any, error) {
	var body LogLevel
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	level := hclog.LevelFromString(body.Level)
	if level == hclog.NoLevel {
		return nil, invalidField("level", "must be trace, debug, info, warn or error")
	}
	if err := a.PluginLogs.SetLevel(c.PathValue("id"), level); err != nil {
		return nil, pluginFailure(err)
	}
	c.Changed(route.Change{Subject: c.PathValue("id"), What: "log level set", Detail: level.String()})
	return route.Nothing{}, nil
}
