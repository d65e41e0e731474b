package session

import "strings"

// maxUserAgent bounds what is looked at and kept of a User-Agent, in bytes.
const maxUserAgent = 512

// maxProduct bounds the name of a product that is none of the known ones, in bytes.
const maxProduct = 40

// browser is the kind of a browser: what does not change while one is used.
// Versions are left out, for browsers update themselves.
type browser struct{ product, system string }

// mark is a piece of a User-Agent in lower case, and what it tells.
type mark struct{ text, means string }

// products lists the marks of browsers. Most claim to be Chrome or Safari as
// well, so that the first mark found counts.
func products() []mark {
	return []mark{
		{"electron/", "electron"},
		{"edg/", "edge"},
		{"edga/", "edge"},
		{"edgios/", "edge"},
		{"edge/", "edge"},
		{"opr/", "opera"},
		{"opios/", "opera"},
		{"opera", "opera"},
		{"vivaldi/", "vivaldi"},
		{"samsungbrowser/", "samsung"},
		{"seamonkey/", "seamonkey"},
		{"firefox/", "firefox"},
		{"fxios/", "firefox"},
		{"crios/", "chrome"},
		{"chromium/", "chrome"},
		{"chrome/", "chrome"},
		{"safari/", "safari"},
	}
}

// systems lists the marks of operating systems; the first one found counts, as
// phones claim to be what their system came from.
func systems() []mark {
	return []mark{
		{"windows", "windows"},
		{"android", "android"},
		{"iphone", "ios"},
		{"ipad", "ios"},
		{"ipod", "ios"},
		{"macintosh", "macos"},
		{"mac os x", "macos"},
		{"darwin", "macos"},
		{" cros ", "chromeos"},
		{"linux", "linux"},
		{"freebsd", "freebsd"},
		{"openbsd", "openbsd"},
		{"netbsd", "netbsd"},
		{"x11", "unix"},
	}
}

// browserOf returns the kind of browser that a User-Agent names
// (https://www.rfc-editor.org/rfc/rfc9110#name-user-agent).
func browserOf(userAgent string) browser {
	text := strings.ToLower(cutUserAgent(userAgent))
	found := browser{product: means(text, products()), system: means(text, systems())}
	if found.product == "" {
		found.product = firstProduct(text)
	}
	return found
}

func means(text string, marks []mark) string {
	for _, one := range marks {
		if strings.Contains(text, one.text) {
			return one.means
		}
	}
	return ""
}

// firstProduct returns the name before the first version, as in "curl/8.9".
func firstProduct(text string) string {
	text = strings.TrimSpace(text)
	if end := strings.IndexAny(text, "/ \t"); end >= 0 {
		text = text[:end]
	}
	return strings.ToValidUTF8(text[:min(len(text), maxProduct)], "")
}

// cutUserAgent returns as much of a User-Agent as is kept, as valid UTF-8 that
// holds on to no request.
func cutUserAgent(userAgent string) string {
	return strings.Clone(strings.ToValidUTF8(userAgent[:min(len(userAgent), maxUserAgent)], ""))
}
