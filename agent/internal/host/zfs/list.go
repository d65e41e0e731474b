package zfs

import (
	"math"
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/agent/report"
)

// ParseList reads the lines of "zpool list -H" with the columns name, size, allocated, free, capacity, health and maybe
// fragmentation, with exact or with rounded numbers. A line with fewer columns is skipped.
func ParseList(raw []byte) []report.Pool {
	var pools []report.Pool
	for line := range strings.Lines(string(raw)) {
		fields := strings.Split(strings.TrimRight(line, "\n"), "\t")
		const columns = 6
		if len(fields) < columns || fields[0] == "" {
			continue
		}
		pool := report.Pool{
			Name: fields[0], TotalBytes: bytes(fields[1]), UsedBytes: bytes(fields[2]), FreeBytes: bytes(fields[3]),
			CapacityPercent: share(fields[4]), State: fields[5],
		}
		if len(fields) > columns {
			pool.FragmentationPercent = share(fields[6])
		}
		pools = append(pools, pool)
	}
	return pools
}

// ParseUsable reads the lines of "zfs list -H" with the columns name, used and available.
func ParseUsable(raw []byte) map[string]Space {
	usable := map[string]Space{}
	for line := range strings.Lines(string(raw)) {
		fields := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(fields) == 3 && fields[0] != "" && len(usable) < maxPools {
			usable[fields[0]] = Space{Used: bytes(fields[1]), Free: bytes(fields[2])}
		}
	}
	return usable
}

// bytes reads a size, exact or rounded with a unit such as "1.81T"; zero for "-", which means unknown.
func bytes(text string) int64 { return int64(scaled(text, 1024)) }

// count reads a count, exact or rounded with a unit such as "1.2K".
func count(text string) uint64 { return uint64(scaled(text, 1000)) }

func scaled(text string, step float64) float64 {
	factor := 1.0
	if at := strings.IndexByte("BKMGTPE", lastByte(text)); at >= 0 {
		factor = math.Pow(step, float64(at))
		text = text[:len(text)-1]
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || !(value >= 0 && value*factor < 1<<62) {
		return 0
	}
	return math.Round(value * factor)
}

func lastByte(text string) byte {
	if text == "" {
		return 0
	}
	return text[len(text)-1]
}

// share reads a number with or without a percent sign; zero for what is no share.
func share(text string) float64 {
	value, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	if err != nil || !(value >= 0 && value <= 100) {
		return 0
	}
	return value
}
