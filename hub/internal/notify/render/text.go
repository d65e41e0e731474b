package render

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/pulse-hub/pulse/sdk/notification"

	"github.com/pulse-hub/pulse/hub/internal/alert"
)

// How long names and sentences are in what people read, in characters.
const (
	maxName     = 100
	maxSentence = 300
)

// bodies returns the text of a message, plain and in Markdown.
func (in *Input) bodies(m *notification.Message) (text, markdown string) {
	var plain, marked strings.Builder
	plain.WriteString(m.Title + "\n")
	marked.WriteString("**" + escape(m.Title) + "**\n")
	for i, e := range in.Events {
		if i == listed {
			rest := fmt.Sprintf("… and %d more", len(in.Events)-listed)
			plain.WriteString("\n" + rest)
			marked.WriteString("\n- " + rest)
			break
		}
		word, about := said(e, &m.Alerts[i])
		name := nameOf(e.Alert)
		plain.WriteString("\n" + word + " " + name + ": " + about)
		marked.WriteString("\n- **" + word + "** " + escape(name) + ": " + escape(about))
	}
	if m.Link != "" {
		plain.WriteString("\n\n" + m.Link)
		marked.WriteString("\n\n[Open in Pulse](<" + strings.NewReplacer("<", "%3C", ">", "%3E").Replace(line(m.Link, 4000)) + ">)")
	}
	plain.WriteString("\n")
	marked.WriteString("\n")
	return plain.String(), marked.String()
}

// said returns what is said about one alert: a word in capitals, and a line.
func said(e *alert.Event, a *notification.Alert) (word, about string) {
	about = line(a.Message, maxSentence)
	if e.Kind == alert.Resolved {
		word = "RESOLVED"
		about = line(a.Rule, maxName) + " is over after " + lasted(a.Ended.Sub(a.Started)) + reason(e.Ending)
	} else {
		word = strings.ToUpper(levelWord(e.Alert.Level))
		if a.ThresholdText != "" {
			about += " (threshold " + a.ThresholdText + ")"
		}
		about += ", since " + a.Started.UTC().Format(stamp)
	}
	if node := line(a.Node, maxName); node != "" && node != nameOf(e.Alert) {
		about += ", on " + node
	}
	return word, about
}

// reason says why it is over, where that is not because all is well again.
func reason(ending alert.Ending) string {
	if ending == alert.Removed {
		return ": it is not there any more"
	}
	return ""
}

// lasted writes a duration: "45s", "5m", "2h 5m", "3d 4h".
func lasted(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(max(d, 0).Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh %dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd %dh", int(d.Hours())/24, int(d.Hours())%24)
}

// line makes one line of a text, of at most so many characters.
func line(text string, most int) string {
	var b strings.Builder
	n, blank := 0, false
	for _, r := range text {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			blank = n > 0
			continue
		}
		if turns(r) {
			continue
		}
		if n >= most {
			b.WriteRune('…')
			break
		}
		if blank {
			b.WriteByte(' ')
			n, blank = n+1, false
		}
		b.WriteRune(r) // what is not UTF-8 becomes U+FFFD
		n++
	}
	return b.String()
}

// turns says that a character changes the direction of what follows, or cannot be seen at all.
func turns(r rune) bool {
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x200E || r == 0x200F || r == 0x061C ||
		r == 0x2028 || r == 0x2029 || r == 0xFEFF
}

// escape makes Markdown say a text literally, inside of a line. What means something at the start of one only is left as
// it is: many who show Markdown would show the escape as well.
func escape(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune("\\`*_[]<>~|&", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
