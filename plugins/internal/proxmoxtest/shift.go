package proxmoxtest

import (
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"time"
)

// momentFields match the members that are moments, in Unix seconds. What else
// is as big a number, memory for one, has other names.
var momentFields = regexp.MustCompile(`"(?:` +
	`arrival_time|backup-time|checktime|ctime|endtime|estimated-full-date|history-start|last-backup|last-run-endtime|` +
	`last_sync|last_try|last_update|localtime|next-run|next_sync|notafter|notbefore|snaptime|starttime|time|timestamp` +
	`)":\s*\d{10}\b`)

// The other ways in which the products write moments.
var (
	utcMoments    = regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)
	archiveNames  = regexp.MustCompile(`\b\d{4}_\d\d_\d\d-\d\d_\d\d_\d\d\b`)
	taskBeginning = regexp.MustCompile(`(UPID:[^:"]+:[0-9A-F]{8}:[0-9A-F]{8}:)([0-9A-F]{8})`)
)

// archiveLayout is how archive names write moments.
const archiveLayout = "2006_01_02-15_04_05"

// At returns the set as if its answers had been given at a moment: whatever is
// a moment in them is that much later. Moments that only stand in texts for
// people stay.
func (s *Set) At(moment time.Time) *Set {
	by := moment.Truncate(time.Second).Sub(s.Anchor)
	moved := &Set{Anchor: s.Anchor.Add(by), answers: maps.Clone(s.answers)}
	for at, answer := range moved.answers {
		answer.Body = Shift(answer.Body, by)
		moved.answers[at] = answer
	}
	return moved
}

// Shift returns an answer's body with all moments in it that much later.
func Shift(body []byte, by time.Duration) []byte {
	body = momentFields.ReplaceAllFunc(body, func(member []byte) []byte {
		digits := len(member) - 10
		seconds, err := strconv.ParseInt(string(member[digits:]), 10, 64)
		if err != nil {
			return member
		}
		return strconv.AppendInt(member[:digits:digits], seconds+int64(by/time.Second), 10)
	})
	body = shiftText(body, utcMoments, time.RFC3339, by)
	body = shiftText(body, archiveNames, archiveLayout, by)
	return taskBeginning.ReplaceAllFunc(body, func(id []byte) []byte {
		parts := taskBeginning.FindSubmatch(id)
		seconds, err := strconv.ParseInt(string(parts[2]), 16, 64)
		if err != nil {
			return id
		}
		return fmt.Appendf(nil, "%s%08X", parts[1], seconds+int64(by/time.Second))
	})
}

func shiftText(body []byte, pattern *regexp.Regexp, layout string, by time.Duration) []byte {
	return pattern.ReplaceAllFunc(body, func(text []byte) []byte {
		moment, err := time.Parse(layout, string(text))
		if err != nil {
			return text
		}
		return moment.Add(by).AppendFormat(nil, layout)
	})
}
