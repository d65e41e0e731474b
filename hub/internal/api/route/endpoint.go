package route

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// routeKey is where a gin context keeps the path of the route that serves it.
const routeKey = "route"

// endpoint is everything that is declared for one path.
type endpoint struct {
	path    string
	methods map[string]*Route
	allow   string
	public  bool
	// rest is the name of the last segment when it takes the rest of the path.
	rest string
	// beneath are the endpoints whose paths a last segment would swallow, by
	// what comes in its place: gin cannot have both.
	beneath map[string]*endpoint
}

// endpoints gathers routes by path.
func endpoints(routes []Route) []*endpoint {
	byPath := map[string]*endpoint{}
	for i := range routes {
		r := &routes[i]
		r.check()
		e, ok := byPath[r.Path]
		if !ok {
			e = &endpoint{path: r.Path, methods: map[string]*Route{}, rest: restOf(r.Path)}
			byPath[r.Path] = e
		}
		e.add(r)
	}
	var top []*endpoint
	for _, e := range byPath {
		if over := swallower(byPath, e); over != nil {
			if over.beneath == nil {
				over.beneath = map[string]*endpoint{}
			}
			over.beneath[strings.TrimPrefix(e.path, over.prefix())] = e
			continue
		}
		top = append(top, e)
	}
	slices.SortFunc(top, func(a, b *endpoint) int { return strings.Compare(a.path, b.path) })
	return top
}

func (e *endpoint) add(r *Route) {
	methods := r.Methods
	if len(methods) == 0 {
		methods = []string{http.MethodGet}
	}
	for _, method := range methods {
		if e.methods[method] != nil {
			panic(fmt.Sprintf("route %s %s is declared twice", method, r.Path))
		}
		e.methods[method] = r
	}
	e.public = e.public || r.Access.public
	names := make([]string, 0, len(e.methods))
	for method := range e.methods {
		names = append(names, method)
	}
	slices.Sort(names)
	e.allow = strings.Join(names, ", ")
}

// prefix is the path before the segment that takes the rest.
func (e *endpoint) prefix() string { return strings.TrimSuffix(e.path, "{"+e.rest+"...}") }

func swallower(byPath map[string]*endpoint, e *endpoint) *endpoint {
	if strings.Contains(e.path, "{") {
		return nil
	}
	for _, other := range byPath {
		if other.rest != "" && strings.HasPrefix(e.path, other.prefix()) {
			return other
		}
	}
	return nil
}

// resolve returns the endpoint that serves the path, and how to read its values. A path of its own that lacks the method
// is served by the endpoint that takes the rest, if that has it.
func (e *endpoint) resolve(c *gin.Context) (*endpoint, func(string) string) {
	if e.rest == "" {
		return e, c.Param
	}
	found, ok := e.beneath[strings.TrimPrefix(c.Param(e.rest), "/")]
	if ok && (found.methods[c.Request.Method] != nil || e.methods[c.Request.Method] == nil) {
		return found, c.Param
	}
	return e, func(name string) string {
		value := c.Param(name)
		if name == e.rest {
			value = strings.TrimPrefix(value, "/")
		}
		return value
	}
}

func restOf(path string) string {
	_, segment, found := strings.Cut(path, "{")
	if !found || !strings.HasSuffix(segment, "...}") {
		return ""
	}
	return strings.TrimSuffix(segment, "...}")
}

// ginPath writes a declared path the way gin has it.
func ginPath(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		name, isValue := strings.CutPrefix(segment, "{")
		if !isValue {
			continue
		}
		name = strings.TrimSuffix(name, "}")
		if rest, found := strings.CutSuffix(name, "..."); found {
			segments[i] = "*" + rest
			continue
		}
		segments[i] = ":" + name
	}
	return strings.Join(segments, "/")
}
