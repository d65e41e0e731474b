package usage

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// unlimited is from where on a limit of version 1 means none: the greatest whole number of pages.
const unlimited = 1 << 62

// readFirst reads groups of version 1.
func (g Group) readFirst(buffer []byte) (Usage, error) {
	var usage Usage
	text, err := contents(g.cpu, "cpuacct.usage", buffer)
	if err != nil {
		return usage, fmt.Errorf("processor time: %w", err)
	}
	usage.CPU = time.Duration(number(text))
	if text, err = contents(g.memory, "memory.usage_in_bytes", buffer); err != nil {
		return usage, fmt.Errorf("memory: %w", err)
	}
	used := number(text)
	if text, err = contents(g.memory, "memory.stat", buffer); err != nil {
		return usage, fmt.Errorf("memory: %w", err)
	}
	usage.MemoryBytes = used - min(value(text, "total_inactive_file"), used)
	if text, err = contents(g.memory, "memory.limit_in_bytes", buffer); err == nil {
		if limit := number(text); limit < unlimited {
			usage.LimitBytes = limit
		}
	}
	// Whichever scheduler a disk has, what throttles traffic sees all of it.
	if text, err = contents(g.io, "blkio.throttle.io_service_bytes_recursive", buffer); err == nil {
		usage.ReadBytes, usage.WriteBytes = operations(text)
		usage.BlockIO = true
	}
	return usage, nil
}

// readUnified reads groups of version 2.
func (g Group) readUnified(buffer []byte) (Usage, error) {
	var usage Usage
	text, err := contents(g.cpu, "cpu.stat", buffer)
	if err != nil {
		return usage, fmt.Errorf("processor time: %w", err)
	}
	usage.CPU = time.Duration(value(text, "usage_usec")) * time.Microsecond
	if text, err = contents(g.memory, "memory.current", buffer); err != nil {
		return usage, fmt.Errorf("memory: %w", err)
	}
	used := number(text)
	if text, err = contents(g.memory, "memory.stat", buffer); err != nil {
		return usage, fmt.Errorf("memory: %w", err)
	}
	usage.MemoryBytes = used - min(value(text, "inactive_file"), used)
	if text, err = contents(g.memory, "memory.max", buffer); err == nil {
		usage.LimitBytes = number(text) // "max" is no number, and none is zero
	}
	if text, err = contents(g.io, "io.stat", buffer); err == nil {
		usage.ReadBytes, usage.WriteBytes = fields(text)
		usage.BlockIO = true
	}
	return usage, nil
}

// number reads a file with one number. What is none is zero.
func number(text string) int64 {
	parsed, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return 0
	}
	return int64(min(parsed, math.MaxInt64))
}

// value finds a number in lines of "name number"; zero when it is not there.
func value(text, name string) int64 {
	for line := range strings.Lines(text) {
		if rest, found := strings.CutPrefix(line, name); found && strings.HasPrefix(rest, " ") {
			return number(rest)
		}
	}
	return 0
}

// operations sums lines of "8:0 Read 4096".
func operations(text string) (read, written uint64) {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) != 3 {
			continue
		}
		switch words[1] {
		case "Read":
			read += uint64(number(words[2]))
		case "Write":
			written += uint64(number(words[2]))
		}
	}
	return read, written
}

// fields sums lines of "8:0 rbytes=4096 wbytes=0 rios=1".
func fields(text string) (read, written uint64) {
	for word := range strings.FieldsSeq(text) {
		name, amount, _ := strings.Cut(word, "=")
		switch name {
		case "rbytes":
			read += uint64(number(amount))
		case "wbytes":
			written += uint64(number(amount))
		}
	}
	return read, written
}

// traffic sums the interfaces of /proc/<pid>/net/dev but for the loopback one (man proc, 5).
func traffic(text string) (received, sent uint64, ok bool) {
	for line := range strings.Lines(text) {
		name, counters, found := strings.Cut(line, ":")
		words := strings.Fields(counters)
		if !found || len(words) < 9 {
			continue
		}
		ok = true
		if strings.TrimSpace(name) == "lo" {
			continue
		}
		received += uint64(number(words[0]))
		sent += uint64(number(words[8]))
	}
	return received, sent, ok
}
