package recording

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// redaction takes the secrets out of a recording. It goes over everything
// twice: what is found to be a secret at the end may stand at the beginning.
type redaction struct {
	secrets  *secrets
	replacer *strings.Replacer // nil the first time
}

// redact takes the secrets out, and writes other texts for some: addresses.
func (r *Recording) redact(configured *secrets, addresses map[string]string) {
	redaction := &redaction{secrets: configured}
	redaction.recording(r, false)
	redaction.replacer = configured.replacer(addresses)
	redaction.recording(r, true)
}

// recording goes over everything, and changes it if it is to.
func (r *redaction) recording(recording *Recording, change bool) {
	for i := range recording.Exchanges {
		if redacted := r.exchange(recording.Exchanges[i]); change {
			recording.Exchanges[i] = redacted
		}
	}
	for i := range recording.Calls {
		if redacted := r.call(recording.Calls[i]); change {
			recording.Calls[i] = redacted
		}
	}
}

func (r *redaction) text(text string) string {
	if r.replacer == nil {
		return text
	}
	return r.replacer.Replace(text)
}

// inStrings redacts JSON within its strings only, so that it stays JSON; a
// secret of digits may be a part of any number.
func (r *redaction) inStrings(text string) string {
	if r.replacer == nil {
		return text
	}
	return inLiterals(text, r.replacer.Replace)
}

func (r *redaction) exchange(e Exchange) Exchange {
	e.Path = r.text(e.Path)
	e.Query = r.text(parameters(e.Query, r.secrets.found))
	e.Failure = r.text(e.Failure)
	e.Asked, e.Answered = r.content(e.Asked), r.content(e.Answered)
	return e
}

func (r *redaction) content(c Content) Content {
	c = r.body(c)
	header := http.Header{}
	for _, name := range slices.Sorted(maps.Keys(c.Header)) {
		for _, value := range c.Header[name] {
			header.Add(name, r.text(r.header(name, value)))
		}
	}
	c.Header = header
	return c
}

func (r *redaction) body(c Content) Content {
	isForm := strings.HasPrefix(c.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
	body := string(c.Body)
	if c.Cut && !json.Valid(c.Body) {
		body = wholeParts(body, isForm)
	}
	if isForm {
		body = parameters(body, r.secrets.found)
	} else {
		body = members(body, r.secrets.found)
	}
	switch {
	case c.Body == nil:
		return c
	case json.Valid([]byte(body)):
		body = r.inStrings(body)
	default:
		body = r.text(body)
	}
	c.Body = Body(body)
	if len(c.Body) > MaxBodyBytes { // placeholders can be longer than what they stand for
		c.Body, c.Cut = c.Body[:MaxBodyBytes], true
	}
	return c
}

// wholeParts leaves out what a cut has torn apart: half a secret is not
// recognized, and half of it is too much.
func wholeParts(body string, isForm bool) string {
	if isForm {
		return body[:max(strings.LastIndexByte(body, '&'), 0)]
	}
	whole := 0
	for _, end := range literals(body) {
		whole = end
	}
	if whole == 0 {
		whole = max(strings.LastIndexAny(body, "\n >"), 0)
	}
	return body[:whole]
}

// header redacts the value of a header so that it keeps its form.
func (r *redaction) header(name, value string) string {
	switch {
	case name == "Set-Cookie":
		pair, attributes, more := strings.Cut(value, ";")
		value = r.cookie(pair)
		if more {
			value += ";" + attributes
		}
		return value
	case name == "Cookie":
		pairs := strings.Split(value, ";")
		for i := range pairs {
			pairs[i] = r.cookie(pairs[i])
		}
		return strings.Join(pairs, ";")
	case name == "Location":
		address, query, more := strings.Cut(value, "?")
		if more {
			value = address + "?" + parameters(query, r.secrets.found)
		}
		return value
	case !named(name):
		return value
	}
	scheme, credentials, more := strings.Cut(value, " ")
	if !more {
		return r.secrets.found(name, value)
	}
	return scheme + " " + r.secrets.found(name, credentials)
}

// cookie redacts the value of a cookie, all of which may be secrets. It
// becomes known as it is meant, too: "PVE%3Aroot" is "PVE:root" elsewhere.
func (r *redaction) cookie(pair string) string {
	name, value, ok := strings.Cut(pair, "=")
	if !ok {
		return pair
	}
	if plain, err := url.QueryUnescape(value); err == nil {
		return name + "=" + r.secrets.found("cookie", plain)
	}
	return name + "=" + r.secrets.found("cookie", value)
}

func (r *redaction) call(c Call) Call {
	c.Request = json.RawMessage(r.inStrings(string(c.Request)))
	var answers []json.RawMessage
	size := len(c.Request)
	for _, answer := range c.Answers {
		redacted := r.inStrings(string(answer))
		if size += len(redacted); size > MaxCallBytes { // placeholders can be longer than what they stand for
			c.Cut = true
			break
		}
		answers = append(answers, json.RawMessage(redacted))
	}
	c.Answers = answers
	if c.Failure != nil {
		failure := *c.Failure
		failure.Message = r.text(failure.Message)
		failure.Fault = json.RawMessage(r.inStrings(string(failure.Fault)))
		c.Failure = &failure
	}
	return c
}
