package zfs

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/agent/report"
)

// Bounds of what is kept of a pool's status.
const (
	maxText    = 300 // bytes of each text
	maxDevices = 64  // devices out of order
)

var (
	// statusKey is the beginning of a paragraph, such as "  scan: ".
	statusKey = regexp.MustCompile(`^ *(pool|id|state|status|action|see|scan|scrub|config|errors): ?(.*)$`)
	// scanDone is the progress of a running scan.
	scanDone = regexp.MustCompile(`([0-9.]+)% done`)
)

// ParseStatus reads what "zpool status" writes and adds it to the pools of the same names. Moments are read as UTC.
func ParseStatus(raw []byte, pools []report.Pool) {
	var pool *report.Pool
	var key string
	var rows []row
	finish := func() {
		if pool != nil {
			addRows(pool, rows)
		}
		rows = nil
	}
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimRight(line, "\r\n")
		text := strings.TrimSpace(line)
		if match := statusKey.FindStringSubmatch(line); match != nil {
			if key, text = match[1], match[2]; key == "pool" {
				finish()
				pool = named(pools, text)
				continue
			}
		}
		switch {
		case pool == nil || text == "":
		case key == "config":
			rows = appendRow(rows, line)
		default:
			addText(pool, key, text)
		}
	}
	finish()
}

func named(pools []report.Pool, name string) *report.Pool {
	at := slices.IndexFunc(pools, func(pool report.Pool) bool { return pool.Name == name })
	if at < 0 {
		return nil
	}
	return &pools[at]
}

// addText adds one line of a paragraph.
func addText(pool *report.Pool, key, text string) {
	switch key {
	case "state":
		pool.State = join("", text)
	case "status":
		pool.Status = join(pool.Status, text)
	case "errors":
		if text != "No known data errors" {
			pool.Errors = join(pool.Errors, text)
		}
	case "scan", "scrub":
		pool.Scan = join(pool.Scan, text)
		readScan(pool, text)
	}
}

// readScan finds the progress of a running scan, or the end of the last one.
func readScan(pool *report.Pool, text string) {
	if done := scanDone.FindStringSubmatch(text); done != nil {
		pool.ScanPercent = share(done[1])
	}
	if at := strings.LastIndex(text, " on "); at >= 0 && !strings.Contains(text, "in progress") {
		if ended, err := time.Parse(time.ANSIC, text[at+len(" on "):]); err == nil {
			pool.ScannedAt = ended
		}
	}
}

// join appends a line to a text that may be broken over several.
func join(text, line string) string {
	joined := strings.TrimSpace(text + " " + line)
	return strings.ToValidUTF8(joined[:min(len(joined), maxText)], "")
}

// row is one line of the table of devices.
type row struct {
	indent int
	fields []string
}

// appendRow takes a line of the table if it has a name and a state.
func appendRow(rows []row, line string) []row {
	fields := strings.Fields(line)
	if len(fields) < 2 || fields[0] == "NAME" {
		return rows
	}
	body := strings.TrimPrefix(line, "\t")
	return append(rows, row{indent: len(body) - len(strings.TrimLeft(body, " ")), fields: fields})
}

// addRows sums the errors of the leaves and lists those that are not in order. A row is a leaf when the next one is not
// deeper.
func addRows(pool *report.Pool, rows []row) {
	for i, each := range rows {
		if i+1 < len(rows) && rows[i+1].indent > each.indent {
			continue
		}
		if len(each.fields) >= 5 {
			pool.ReadErrors += count(each.fields[2])
			pool.WriteErrors += count(each.fields[3])
			pool.ChecksumErrors += count(each.fields[4])
		}
		if state := each.fields[1]; !slices.Contains([]string{"ONLINE", "AVAIL", "INUSE"}, state) && len(pool.Devices) < maxDevices {
			pool.Devices = append(pool.Devices, report.PoolDevice{Name: each.fields[0], State: state})
		}
	}
}
