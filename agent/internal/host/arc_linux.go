package host

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// readARC reads the size of the cache of ZFS and the least it shrinks to, in bytes; zeros when ZFS does not run.
func readARC(root string) (size, least uint64) {
	file, err := os.Open(filepath.Join(root, "proc/spl/kstat/zfs/arcstats"))
	if err != nil {
		return 0, 0
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		switch name, value := parseARC(lines.Text()); name {
		case "size":
			size = value
		case "c_min":
			least = value
		}
	}
	return size, least
}

// parseARC reads one line: name, type and value.
func parseARC(line string) (name string, value uint64) {
	fields := strings.Fields(line)
	const columns = 3
	if len(fields) != columns {
		return "", 0
	}
	value, err := strconv.ParseUint(fields[2], 10, 64)
	if err != nil {
		return "", 0
	}
	return fields[0], value
}
