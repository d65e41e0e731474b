package check

import (
	"hash/crc32"
	"strconv"
	"strings"
)

// counted returns "1 disk", "2 disks".
func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

// listed joins at most a few names, and says how many more there are.
func listed(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + " and " + strconv.Itoa(len(names)-most) + " more"
}

// orElse returns the first text that is not empty.
func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// percent returns a ratio in percent.
func percent(ratio float64) float64 { return ratio * 100 }

// deviceName returns the name of a device without its folder, in characters that may stand in an id.
func deviceName(path string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			return r
		}
		return '-'
	}, strings.TrimPrefix(path, "/dev/"))
}

// mountKey returns a mount point as it stands in ids: lower-case, other characters as dashes; "/" is root.
func mountKey(mountpoint string) string {
	if mountpoint == "/" {
		return "root"
	}
	words := strings.FieldsFunc(strings.ToLower(mountpoint), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return orElse(strings.Join(words, "-"), "disk")
}

// checksum tells two texts apart that look the same in an id.
func checksum(text string) string {
	return strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(text))), 16)
}

// decimal returns a number with one digit behind the point, or none where that is 0.
func decimal(value float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(value, 'f', 1, 64), ".0")
}
