package allow

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func parse(t *testing.T, text string) List {
	t.Helper()
	list, err := Parse(text)
	if err != nil {
		t.Fatalf("Parse(%.80q): %v", text, err)
	}
	return list
}

func TestParse(t *testing.T) {
	tests := map[string]struct {
		text string
		want List
		err  error
	}{
		"nothing":            {" \n;;\r\n;; ", nil, nil},
		"lines and signs":    {"uptime\r\n systemctl restart * ;;df -h;;\n", List{"uptime", "systemctl restart *", "df -h"}, nil},
		"a shell's own ;":    {"cd /srv; ls", List{"cd /srv; ls"}, nil},
		"an escaped star":    {`\*x *`, List{`\*x *`}, nil},
		"in other letters":   {"cat /srv/Ünïcode", List{"cat /srv/Ünïcode"}, nil},
		"any program":        {"*", nil, ErrProgram},
		"some program":       {"/usr/bin/* -h", nil, ErrProgram},
		"a variable, too":    {"A=* id", nil, ErrProgram},
		"one bad of two":     {"uptime\n* -h", nil, ErrProgram},
		"two stars":          {"ls **", nil, ErrAdjacent},
		"nothing between":    {"ls a**b", nil, ErrAdjacent},
		"climbing":           {"cat ../*", nil, ErrClimbs},
		"climbing elsewhere": {"cat ../a *", List{"cat ../a *"}, nil},
		"a tab":              {"ls\t*", nil, ErrHidden},
		"a hidden character": {"rm /tmp/a\u200bb", nil, ErrHidden},
		"written backwards":  {"rm \u202etxt.a", nil, ErrHidden},
		"a wide space":       {"ls\u00a0*", nil, ErrHidden},
		"no text":            {"ls \xff", nil, ErrHidden},
		"just not too long":  {strings.Repeat("x", MaxPattern), List{Pattern(strings.Repeat("x", MaxPattern))}, nil},
		"too long":           {strings.Repeat("x", MaxPattern+1), nil, ErrLong},
		"too many":           {strings.Repeat("ls;;", MaxPatterns+1), nil, ErrTooMany},
	}
	for name, test := range tests {
		got, err := Parse(test.text)
		if !errors.Is(err, test.err) {
			t.Errorf("%s: Parse gave %v, want %v", name, err, test.err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got := parse(t, strings.Repeat("ls;;", MaxPatterns)); len(got) != MaxPatterns {
		t.Errorf("%d of %d patterns", len(got), MaxPatterns)
	}
}

func TestPermits(t *testing.T) {
	tests := map[string]struct {
		patterns string
		permits  []string
		refuses  []string
	}{
		"nothing": {"", nil, []string{"", "uptime", "*"}},
		"one line": {
			"systemctl restart nginx", []string{"systemctl restart nginx"},
			[]string{
				"", "systemctl", "systemctl restart nginx2", "systemctl restart", "systemctl  restart nginx", " systemctl restart nginx",
				"systemctl restart nginx ", "systemctl restart nginx\n", "systemctl restart nginx\nreboot", "systemctl restart nginx; reboot",
				"Systemctl restart nginx", "systemctl\trestart nginx", "systemctl restart nginx\x00",
			},
		},
		"a shell's line": {"df -h | tail -n +2; echo \"$HOME\"", []string{"df -h | tail -n +2; echo \"$HOME\""}, []string{"df -h | tail -n +2", "df -h"}},
		"one argument": {
			"systemctl restart *",
			[]string{"systemctl restart nginx", "systemctl restart getty@tty1.service", "systemctl restart a:b=c,d+e_f/g-h"},
			[]string{
				"systemctl restart ", "systemctl restart", "systemctl restart *", "systemctl restart nginx sshd", "systemctl restart nginx;reboot",
				"systemctl restart a|b", "systemctl restart a&", "systemctl restart a&&b", "systemctl restart $HOME", "systemctl restart $(reboot)",
				"systemctl restart <a", "systemctl restart >a", "systemctl restart `reboot`", "systemctl restart a\nreboot", "systemctl restart a\rreboot",
				"systemctl restart 'a'", `systemctl restart "a"`, `systemctl restart a\`, "systemctl restart a?", "systemctl restart [a]",
				"systemctl restart {a,b}", "systemctl restart ~root", "systemctl restart !!", "systemctl restart #", "systemctl restart (a)",
				"systemctl restart a^b", "systemctl restart %PATH%", "systemctl restart a\tb", "systemctl restart a\x00b", "systemctl restart a\vb",
				"systemctl restart a\u00a0b", "systemctl restart a\u2028b", "systemctl restart a\u200bb", "systemctl restart \xff",
			},
		},
		"letters that look alike": {
			"systemctl restart *\ncat /srv/é\nls /srv/\uFFFD",
			[]string{"cat /srv/é", "ls /srv/\uFFFD"},
			[]string{
				"ѕystemctl restart nginx", "systemctl restart ոginx", "systemctl restart nginx；reboot", "systemctl restart ａ", "systemctl restart a‐b",
				"systemctl restart −n", "systemctl restart a／b", "systemctl\u2003restart nginx", "cat /srv/e\u0301", "cat /srv/\xe9", "ls /srv/\xff",
			},
		},
		"no options": {
			"tar tf *\njournalctl -u *\nrun --name=* x\nsh -c 'ls *'\nnice -*",
			[]string{"tar tf a-b.tar", "journalctl -u nginx", "run --name=-x x", "sh -c 'ls a'", "nice -n5"},
			[]string{"tar tf --to-command=reboot", "tar tf -", "journalctl -u -f", "journalctl -u", "sh -c 'ls -a'"},
		},
		"no climbing": {
			"cat /var/log/*\ncat /srv/.*",
			[]string{"cat /var/log/syslog", "cat /var/log/nginx/access.log", "cat /var/log/.hidden", "cat /srv/.a"},
			[]string{"cat /var/log/../../etc/shadow", "cat /var/log/..", "cat /var/log/a/..", "cat /srv/../etc/shadow", "cat /srv/..", "cat /var/log/a..b"},
		},
		"several stars": {
			"cp /srv/*/a-*.txt /backup/*\nx ab*ab*ab",
			[]string{"cp /srv/one/a-1.txt /backup/1", "cp /srv/a-/a-a-.txt.txt /backup/a", "x ab-ab-ab", "x ababababab", "x ab-ab-ab-ab"},
			[]string{"cp /srv/one/a-.txt /backup/1", "cp /srv//a-1.txt /backup/1", "x ababab", "x abababab", "x ab-abab", "x ab ab ab", "x ab-ab-ab "},
		},
		"a star that is one": {`ls /srv/\*.log`, []string{"ls /srv/*.log"}, []string{"ls /srv/a.log", `ls /srv/\*.log`}},
		"both stars":         {`ls \**`, []string{"ls *a"}, []string{"ls a", "ls *", "ls **", `ls \*a`}},
		"backslashes":        {`dir C:\a\ \\*`, []string{`dir C:\a\ \*`}, []string{`dir C:\a\ *`, `dir C:\a\ \a`}},
		"in a guest":         {"pct exec * -- uptime", []string{"pct exec 101 -- uptime"}, []string{"uptime", "pct exec 101 -- reboot", "pct exec 1 2 -- uptime"}},
		"very long": {
			"echo *",
			[]string{"echo " + strings.Repeat("a", MaxLine-5)},
			[]string{"echo " + strings.Repeat("a", MaxLine-4), "echo " + strings.Repeat("a", 1<<20), strings.Repeat(" ", 1<<20)},
		},
		"long and repetitive": {
			"echo " + strings.Repeat("a*", 1000) + "b",
			[]string{"echo " + strings.Repeat("aa", 1000) + "b"},
			[]string{"echo " + strings.Repeat("a", MaxLine-5)},
		},
	}
	for name, test := range tests {
		list := parse(t, test.patterns)
		for _, line := range test.permits {
			if !list.Permits(line) {
				t.Errorf("%s: %.80q is refused", name, line)
			}
		}
		for _, line := range test.refuses {
			if list.Permits(line) {
				t.Errorf("%s: %.80q is permitted", name, line)
			}
		}
	}
}

// model matches as the description of patterns has it, by a regular expression and a look at each argument.
func model(pattern, line string) bool {
	words, given := strings.Split(pattern, " "), strings.Split(line, " ")
	if len(words) != len(given) {
		return false
	}
	for i, word := range words {
		const hidden = "\x00" // in no pattern
		word = strings.ReplaceAll(word, `\*`, hidden)
		if !strings.Contains(word, "*") {
			if strings.ReplaceAll(word, hidden, "*") != given[i] {
				return false
			}
			continue
		}
		const inside = `A-Za-z0-9_.:@=,+`
		const char = "[" + inside + "/-]"
		start := "[" + inside + strings.Trim("/", optionSigns) + "]" + char + "*"
		expression, before := `(?s)\A`, ""
		for _, r := range word {
			switch {
			case r != '*':
				before = strings.ReplaceAll(string(r), hidden, "*")
				expression += regexp.QuoteMeta(before)
			case regexp.MustCompile(`\A` + char + `\z`).MatchString(before):
				expression += char + "+"
			default:
				expression += start
			}
		}
		if strings.Contains(given[i], "..") || !regexp.MustCompile(expression+`\z`).MatchString(given[i]) {
			return false
		}
	}
	return true
}

// FuzzMatches compares with the model, and holds what a pattern permits to what no * may stand for.
func FuzzMatches(f *testing.F) {
	f.Add("systemctl restart *", "systemctl restart nginx")
	f.Add("cp /srv/*/a-*.txt *", "cp /srv/-/a-.txt.txt -r")
	f.Add(`sh -c "*" \*`, `sh -c "-a" *`)
	f.Add("x ab*ab*ab", "x abaabab")
	f.Add("x *;-*\"*a", "x a;-a\"aa")
	f.Add("cat /srv/.*", "cat /srv/../a")
	f.Fuzz(func(t *testing.T, text, line string) {
		list, err := Parse(text)
		if err != nil {
			return
		}
		for _, pattern := range list {
			got := pattern.Matches(line)
			if want := model(string(pattern), strings.ToValidUTF8(line, "\x00")); got != want {
				t.Fatalf("%q matches %q: %t, want %t", pattern, line, got, want)
			}
			const signs = ";|&$<>`\\\n\r\t'\"(){}[]?~#!^% "
			for _, sign := range signs {
				if got && strings.Count(line, string(sign)) > strings.Count(string(pattern), string(sign)) {
					t.Errorf("%q permits %q, with one %q more", pattern, line, sign)
				}
			}
		}
	})
}

func BenchmarkPermits(b *testing.B) {
	list, err := Parse(strings.Repeat("systemctl restart *@*.service\n", MaxPatterns))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if list.Permits("systemctl restart getty.service") {
			b.Fatal("permitted")
		}
	}
}
