package audit

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// maxLine bounds a line of a file, in bytes. No event is that long.
const maxLine = 2 * MaxEvent

// VerifyFile checks the chain of an NDJSON export. Of a selection, it checks that each event is as it was written
// and that those which follow each other are linked. A file that is none gives ErrFormat.
func VerifyFile(r io.Reader) (Report, error) {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, maxLine)
	p, err := readPreamble(scanner)
	if err != nil {
		return Report{}, err
	}
	check := checker{at: p.Anchor, gaps: p.Filtered}
	for scanner.Scan() {
		var event struct {
			Seq uint64 `json:"seq"`
		}
		if err := json.Unmarshal(scanner.Bytes(), &event); err != nil || event.Seq == 0 {
			// Its place is all that is known of its number.
			event.Seq = check.at.Seq + 1
		}
		check.add(event.Seq, scanner.Bytes())
	}
	if err := scanner.Err(); errors.Is(err, bufio.ErrTooLong) {
		check.fail(check.at.Seq+1, problemText)
	} else if err != nil {
		return Report{}, fmt.Errorf("read export: %w", err)
	}
	if !p.Filtered && check.at != p.Head {
		check.fail(check.at.Seq+1, problemEnd)
	}
	return check.report(), nil
}

func readPreamble(scanner *bufio.Scanner) (preamble, error) {
	var p preamble
	if !scanner.Scan() {
		if err := scanner.Err(); err != nil {
			return preamble{}, fmt.Errorf("read export: %w", err)
		}
		return preamble{}, fmt.Errorf("%w: it is empty", ErrFormat)
	}
	if err := json.Unmarshal(scanner.Bytes(), &p); err != nil || p.Format != exportFormat {
		return preamble{}, fmt.Errorf("%w: its first line is another", ErrFormat)
	}
	return p, nil
}
