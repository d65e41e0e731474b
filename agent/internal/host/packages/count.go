package packages

import "strings"

// CountAPT counts the lines "Inst name [old] (new archive:suite, …)" that apt-get -s upgrade prints (man apt-get). Updates
// that need other packages are not among them. Security archives have "security" in their names.
func CountAPT(raw []byte) (available, security int) {
	for line := range strings.Lines(string(raw)) {
		rest, ok := strings.CutPrefix(line, "Inst ")
		if !ok {
			continue
		}
		available++
		if _, archives, _ := strings.Cut(rest, " ("); strings.Contains(strings.ToLower(archives), "security") {
			security++
		}
	}
	return available, security
}

// CountDNF counts the lines "name.arch version repository" that dnf check-update prints. A list of packages that replace
// others follows; it repeats updates.
func CountDNF(raw []byte) (available, security int) {
	for line := range strings.Lines(string(raw)) {
		if strings.HasPrefix(line, "Obsoleting") {
			break
		}
		const columns = 3
		if fields := strings.Fields(line); len(fields) == columns && strings.Contains(fields[0], ".") && line[0] != ' ' {
			available++
		}
	}
	return available, 0
}

// countLines returns a function that counts lines with the text in them. Pacman marks packages it was told to leave alone.
func countLines(with string) func(raw []byte) (available, security int) {
	return func(raw []byte) (int, int) {
		count := 0
		for line := range strings.Lines(string(raw)) {
			if strings.TrimSpace(line) != "" && strings.Contains(line, with) && !strings.Contains(line, "[ignored]") {
				count++
			}
		}
		return count, 0
	}
}
