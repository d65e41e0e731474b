package launcher

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Errors of reading a report.
var (
	// ErrNoReport says that the launcher ended, or was ended, without saying anything.
	ErrNoReport = errors.New("the sandbox launcher said nothing")
	// ErrRefused says that the launcher ran nothing. The text that wraps it says why.
	ErrRefused = errors.New("the plugin was not run")
)

// maxReportBytes is the longest report; it fits into a pipe whoever reads it.
const maxReportBytes = 4096

// Report says how a plugin is in fact confined. The launcher writes it as one
// line of JSON to descriptor ReportFD before it becomes the plugin.
type Report struct {
	Requested Level `json:"requested"`
	// Effective is the highest level of which every part was put into effect.
	Effective Level `json:"effective"`
	// LandlockABI is the version of the kernel's Landlock in use, 0 for none.
	LandlockABI int `json:"landlock_abi"`
	// UIDSeparated says that the plugin has a user of its own.
	UIDSeparated bool `json:"uid_separated"`
	// Missing says, for people, which parts of the requested level are not in effect and why.
	Missing []string `json:"missing,omitempty"`
	// Open says what the level does not stop on this system although one might expect it to.
	Open []string `json:"open,omitempty"`
	// Refused says why nothing was run; empty if the plugin was.
	Refused string `json:"refused,omitempty"`
}

// String says it in short, for people: "L2, Landlock ABI 7, no uid separation".
func (r Report) String() string {
	parts := []string{r.Effective.String()}
	if r.Effective < r.Requested {
		parts[0] += " instead of " + r.Requested.String()
	}
	if r.LandlockABI > 0 {
		parts = append(parts, "Landlock ABI "+strconv.Itoa(r.LandlockABI))
	} else {
		parts = append(parts, "no Landlock")
	}
	if r.UIDSeparated {
		return strings.Join(append(parts, "own uid"), ", ")
	}
	return strings.Join(append(parts, "no uid separation"), ", ")
}

// lack notes that a part of a level is not in effect, which lowers the effective level to below it.
func (r *Report) lack(level Level, why string) {
	r.Effective = min(r.Effective, level-1)
	r.Missing = append(r.Missing, why)
}

// encode returns the report as one line. Texts that would make it too long are left out.
func (r Report) encode() []byte {
	line, err := json.Marshal(r)
	if err != nil || len(line) >= maxReportBytes {
		r.Missing, r.Open, r.Refused = []string{"too much to report"}, nil, shorten(r.Refused)
		line, _ = json.Marshal(r) // numbers, booleans and two short texts
	}
	return append(line, '\n')
}

func shorten(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), maxReportBytes/16)], "")
}

// ReadReport reads what a launcher says until it has become the plugin or
// ended, which closes its end of the pipe. The last line counts. The error
// wraps ErrNoReport or ErrRefused; with the latter the report is valid, too.
func ReadReport(r io.Reader) (Report, error) {
	data, err := io.ReadAll(io.LimitReader(r, 2*maxReportBytes+1))
	if err != nil {
		return Report{}, fmt.Errorf("read sandbox report: %w", err)
	}
	if len(data) > 2*maxReportBytes {
		return Report{}, errors.New("read sandbox report: too long")
	}
	return DecodeReport(data)
}

// DecodeReport is ReadReport for what was already read.
func DecodeReport(data []byte) (Report, error) {
	lines := bytes.Split(bytes.TrimRight(data, "\n"), []byte("\n"))
	last := lines[len(lines)-1]
	if len(last) == 0 {
		return Report{}, ErrNoReport
	}
	decoder := json.NewDecoder(bytes.NewReader(last))
	decoder.DisallowUnknownFields()
	var report Report
	if err := decoder.Decode(&report); err != nil {
		return Report{}, fmt.Errorf("decode sandbox report: %w", err)
	}
	if report.Effective < Process || report.Effective > report.Requested || report.Requested > Separate {
		return Report{}, errors.New("decode sandbox report: levels that there are not")
	}
	if report.Refused != "" {
		return report, fmt.Errorf("%w: %s", ErrRefused, report.Refused)
	}
	return report, nil
}
