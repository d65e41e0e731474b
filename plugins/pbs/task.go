package pbs

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// The bounds of the task log.
const (
	firstTasks = 7 * 24 * time.Hour // how far back the first look goes
	failureAge = 24 * time.Hour     // how old a failure may be that is told
	overlap    = 5 * time.Minute    // of two looks, for tasks that are written late
	maxTasks   = 1000               // in one answer, the newest
	maxRuns    = 5000               // backup groups whose last run is known; the oldest are forgotten
)

// taskLog remembers what the server's tasks told. It is safe for concurrent use.
type taskLog struct {
	mu       sync.Mutex
	since    time.Time            // where the next look begins; zero: there was none
	runs     map[workerGroup]task // the last backup of each group
	running  map[string]task      // by UPID, at the last look
	told     map[string]bool      // UPIDs of failures that were told and may be listed again
	verified map[string]time.Time // when a datastore's last verification ended
}

// readTasks asks for the tasks since the last look and returns the failures
// that are new.
func (s *source) readTasks(ctx context.Context) ([]sdk.Event, error) {
	now := s.serverNow()
	var tasks []task
	query := url.Values{"since": {strconv.FormatInt(s.tasks.from(now).Unix(), 10)}, "limit": {strconv.Itoa(maxTasks)}}
	if err := s.client.Get(ctx, "nodes/localhost/tasks", query, &tasks); err != nil {
		return nil, err
	}
	return s.tasks.add(tasks, now), nil
}

// from returns how far back the next look has to go.
func (l *taskLog) from(now time.Time) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.since.IsZero() {
		return now.Add(-firstTasks)
	}
	return l.since
}

// add takes what a look found and returns the failures that are new. The next
// look has to begin where the oldest task that still runs has begun.
func (l *taskLog) add(tasks []task, now time.Time) []sdk.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.runs == nil {
		l.runs, l.verified = map[workerGroup]task{}, map[string]time.Time{}
	}
	l.since, l.running = now.Add(-overlap), map[string]task{}
	listed := map[string]bool{}
	var events []sdk.Event
	for _, t := range tasks {
		l.noteLocked(t)
		failed := !t.running() && outcomeOf(t.Status) == outcomeError && now.Sub(t.End.Time()) < failureAge
		if failed && !l.told[t.UPID] {
			events = append(events, t.event())
		}
		listed[t.UPID] = failed
	}
	l.told = listed
	l.trimLocked()
	return events
}

func (l *taskLog) noteLocked(t task) {
	if t.running() {
		l.running[t.UPID] = t
		if start := t.Start.Time(); !start.IsZero() && start.Before(l.since) {
			l.since = start
		}
	}
	if strings.HasPrefix(t.Type, "verif") && !t.running() {
		store, _, _ := strings.Cut(t.ID, ":")
		if _, known := l.verified[store]; (known || len(l.verified) < maxRuns) && t.End.Time().After(l.verified[store]) {
			l.verified[store] = t.End.Time()
		}
	}
	if t.Type != "backup" {
		return
	}
	if group, ok := parseWorkerGroup(t.ID); ok && t.Start.Float() >= l.runs[group].Start.Float() {
		l.runs[group] = t
	}
}

// trimLocked forgets the oldest runs when there are too many.
func (l *taskLog) trimLocked() {
	if len(l.runs) <= maxRuns {
		return
	}
	starts := make([]float64, 0, len(l.runs))
	for _, t := range l.runs {
		starts = append(starts, t.Start.Float())
	}
	slices.Sort(starts)
	oldest := starts[len(starts)-maxRuns]
	for group, t := range l.runs {
		if t.Start.Float() < oldest {
			delete(l.runs, group)
		}
	}
}

// verifiedAt returns when a datastore's last verification ended, zero if it is not known.
func (l *taskLog) verifiedAt(store string) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.verified[store]
}

// isRunning says whether a task runs that has the UPID, or is of the kind and
// works on the same thing.
func (l *taskLog) isRunning(upid, kind, worker string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.running[upid]; ok {
		return true
	}
	for _, t := range l.running {
		if t.Type == kind && t.ID == worker {
			return true
		}
	}
	return false
}

// lastRuns returns a job for each group that was backed up.
func (l *taskLog) lastRuns() []resource.Resource {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]resource.Resource, 0, len(l.runs))
	for group, t := range l.runs {
		list = append(list, t.run(group))
	}
	return list
}

// run describes the last backup of a group as a job.
func (t *task) run(g workerGroup) resource.Resource {
	detail := &resource.BackupJob{Type: "backup", Store: g.store, GuestType: g.kind, VMID: g.id, LastRun: t.Start.Time()}
	r := jobResource("backup/"+g.jobName(), detail)
	r.Labels = labels("namespace", g.namespace)
	if t.running() {
		detail.State = string(outcomeRunning)
		return r
	}
	judge(&r, detail, t.Status)
	return r
}

// jobName is unique on a server and without slashes: "main:edge:site1:vm-100".
func (g workerGroup) jobName() string {
	path := g.store
	if g.namespace != "" {
		path += "/" + g.namespace
	}
	return strings.ReplaceAll(path+"/"+g.kind+"-"+g.id, "/", ":")
}

// event tells of a task that failed.
func (t *task) event() sdk.Event {
	store, _, _ := strings.Cut(t.ID, ":")
	e := sdk.Event{
		ID: t.UPID, At: t.End.Time(), Severity: "warning", ResourceID: serverID,
		Message: fmt.Sprintf("%s of %s failed: %s", taskName(t.Type), orElse(t.ID, "the server"), t.Status),
		Labels:  map[string]string{"task": t.Type, "user": t.User},
	}
	if t.Type == "backup" || t.Type == "garbage_collection" || t.Type == "prunejob" {
		e.ResourceID = storeID(store)
	}
	return e
}

// taskName gives people's names for the kinds of tasks.
func taskName(kind string) string {
	switch kind {
	case "garbage_collection":
		return "garbage collection"
	case "verificationjob", "verify", "verify_group", "verify_snapshot":
		return "verification"
	case "prunejob", "prune":
		return "pruning"
	case "syncjob", "sync":
		return "synchronisation"
	}
	return strings.ReplaceAll(kind, "_", " ")
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
