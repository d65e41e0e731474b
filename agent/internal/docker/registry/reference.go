package registry

import (
	"errors"
	"strings"
)

// ErrReference means that a text is no name of an image.
var ErrReference = errors.New("invalid image name")

// Names of Docker Hub: in image names, and where its registry is.
const (
	hubName = "docker.io"
	hubHost = "registry-1.docker.io"
)

// maxReference bounds a name, in bytes.
const maxReference = 512

// Reference is the name of an image, in full.
type Reference struct {
	// Domain is the registry's name, docker.io where the name has none. Explicit says that the name has one.
	Domain   string
	Explicit bool
	// Path is the repository within the registry.
	Path string
	// Tag is latest where the name has neither tag nor digest.
	Tag string
	// Digest, such as sha256:<hex>, pins the image; may be empty.
	Digest string
}

// Parse reads a name as users write it (https://github.com/distribution/reference): [domain/]path[:tag][@digest].
func Parse(text string) (Reference, error) {
	if text == "" || len(text) > maxReference || strings.HasPrefix(text, "sha256:") || strings.ContainsAny(text, " \t\r\n?#%\\\"") {
		return Reference{}, ErrReference
	}
	reference := Reference{Domain: hubName}
	rest, digest, pinned := strings.Cut(text, "@")
	if reference.Digest = digest; pinned && (!strings.Contains(digest, ":") || strings.Contains(digest, "@")) {
		return Reference{}, ErrReference
	}
	if first, path, found := strings.Cut(rest, "/"); found && isDomain(first) {
		reference.Domain, reference.Explicit, rest = first, true, path
	}
	if colon := strings.LastIndexByte(rest, ':'); colon > strings.LastIndexByte(rest, '/') {
		if rest, reference.Tag = rest[:colon], rest[colon+1:]; reference.Tag == "" {
			return Reference{}, ErrReference
		}
	} else if !pinned {
		reference.Tag = "latest"
	}
	if reference.Path = rest; !validPath(rest) || strings.ContainsAny(reference.Domain+reference.Tag, "@/") {
		return Reference{}, ErrReference
	}
	switch reference.Domain {
	case "index.docker.io", hubHost:
		reference.Domain = hubName
	}
	if reference.Domain == hubName && !strings.Contains(rest, "/") {
		reference.Path = "library/" + rest
	}
	return reference, nil
}

// isDomain tells the domain of a registry from the first part of a path.
func isDomain(text string) bool { return strings.ContainsAny(text, ".:") || text == "localhost" }

func validPath(path string) bool {
	for part := range strings.SplitSeq(path, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return !strings.ContainsAny(path, "@:")
}

// Repository returns domain and path.
func (r Reference) Repository() string { return r.Domain + "/" + r.Path }

// host returns where the registry listens.
func (r Reference) host() string {
	if r.Domain == hubName {
		return hubHost
	}
	return r.Domain
}
