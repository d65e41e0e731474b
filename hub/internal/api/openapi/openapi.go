// Package openapi describes declared routes as an OpenAPI 3.1 document.
package openapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/swaggest/jsonschema-go"
	"github.com/swaggest/openapi-go"
	"github.com/swaggest/openapi-go/openapi31"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
)

// Document returns the description of the routes, indented and ending in a
// newline. Equal routes give equal bytes. Routes outside of /api that answer
// by websocket are described like any other.
func Document(routes []route.Route) ([]byte, error) {
	reflector := openapi31.NewReflector()
	reflector.Spec.Info = openapi31.Info{Title: "Pulse API", Version: "5"}
	reflector.Spec.Info.WithDescription("Errors have the members of RFC 9457 and those that earlier versions had.")
	describeSecurity(reflector.Spec)
	configure(reflector)
	for i := range routes {
		for _, method := range methods(&routes[i]) {
			if err := describe(reflector, &routes[i], method); err != nil {
				return nil, fmt.Errorf("describe %s %s: %w", method, routes[i].Path, err)
			}
		}
	}
	return encode(reflector.Spec)
}

func encode(spec *openapi31.Spec) ([]byte, error) {
	raw, err := json.Marshal(spec)
	if err != nil {
		return nil, fmt.Errorf("encode description: %w", err)
	}
	// Decoding into plain values sorts the members, whatever order the library has.
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return nil, fmt.Errorf("read description back: %w", err)
	}
	out, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode description: %w", err)
	}
	return append(out, '\n'), nil
}

func describeSecurity(spec *openapi31.Spec) {
	spec.SetAPIKeySecurity("apiToken", "X-API-Token", openapi.InHeader, "An API token.")
	spec.SetHTTPBearerTokenSecurity("bearer", "", "An API token as a bearer token.")
	spec.SetAPIKeySecurity("query", "token", openapi.InQuery, "An API token, for websockets.")
}

func configure(reflector *openapi31.Reflector) {
	reflector.DefaultOptions = append(reflector.DefaultOptions,
		jsonschema.InterceptDefName(func(t reflect.Type, _ string) string { return definitionName(t) }),
		jsonschema.InterceptProp(requireUnlessOmitted),
	)
}

// definitionName names a schema after its type, with the package in front
// where several packages have a type of that name.
func definitionName(t reflect.Type) string {
	path := strings.Split(t.PkgPath(), "/")
	prefix := path[len(path)-1]
	switch prefix {
	case "api", "route":
		return t.Name()
	}
	return strings.ToUpper(prefix[:1]) + prefix[1:] + strings.NewReplacer("[", "", "]", "", ".", "", "/", "").Replace(t.Name())
}

// requireUnlessOmitted makes a member required when Go always writes it.
func requireUnlessOmitted(params jsonschema.InterceptPropParams) error {
	if !params.Processed {
		return nil
	}
	name, options, _ := strings.Cut(params.Field.Tag.Get("json"), ",")
	if name == "" || strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero") {
		return nil
	}
	for _, required := range params.ParentSchema.Required {
		if required == params.Name {
			return nil
		}
	}
	params.ParentSchema.Required = append(params.ParentSchema.Required, params.Name)
	return nil
}

func methods(r *route.Route) []string {
	if len(r.Methods) == 0 {
		return []string{http.MethodGet}
	}
	return r.Methods
}

func describe(reflector *openapi31.Reflector, r *route.Route, method string) error {
	context, err := reflector.NewOperationContext(method, documentPath(r.Path))
	if err != nil {
		return err
	}
	context.SetID(operationID(method, r.Path))
	context.SetTags(r.Area)
	context.SetSummary(r.Summary)
	context.SetDescription(describeAccess(r))
	if r.Body != nil {
		context.AddReqStructure(r.Body)
	}
	if parameters := parameterStruct(r); parameters != nil {
		context.AddReqStructure(parameters)
	}
	describeAnswers(context, r, method)
	if !r.Access.IsPublic() {
		for _, name := range []string{"apiToken", "bearer", "query"} {
			context.AddSecurity(name)
		}
	}
	return reflector.AddOperation(context)
}

func describeAccess(r *route.Route) string {
	access := "Public."
	switch {
	case r.Access.IsPublic():
	case r.Access.IsAdmin():
		access = fmt.Sprintf("For administrators; tokens need the scope %s.", r.Access.Scope())
	case r.Access.Scope() != "":
		access = fmt.Sprintf("Tokens need the scope %s.", r.Access.Scope())
	default:
		access = "For every caller who has said who they are."
	}
	return strings.TrimSpace(access + " " + r.Description)
}

func describeAnswers(context openapi.OperationContext, r *route.Route, method string) {
	media := r.Media
	if media == "" {
		media = "application/json"
	}
	answer := r.Answer
	if method == http.MethodHead {
		answer = nil
	}
	context.AddRespStructure(answer, func(unit *openapi.ContentUnit) {
		unit.HTTPStatus, unit.ContentType = http.StatusOK, media
		unit.Description = "Success."
	})
	failures := []int{http.StatusTooManyRequests, http.StatusInternalServerError}
	if !r.Access.IsPublic() {
		failures = append(failures, http.StatusUnauthorized, http.StatusForbidden)
	}
	if r.Body != nil || len(r.Query) > 0 {
		failures = append(failures, http.StatusBadRequest)
	}
	if strings.Contains(r.Path, "{") {
		failures = append(failures, http.StatusNotFound)
	}
	for _, status := range failures {
		context.AddRespStructure(route.Problem{}, func(unit *openapi.ContentUnit) {
			unit.HTTPStatus, unit.Description = status, http.StatusText(status)+"."
		})
	}
}

// parameterStruct makes a struct with a tagged field per parameter, which is
// how the library is told of parameters.
func parameterStruct(r *route.Route) any {
	var fields []reflect.StructField
	for _, segment := range strings.Split(r.Path, "/") {
		if name, found := strings.CutPrefix(segment, "{"); found {
			name = strings.TrimSuffix(strings.TrimSuffix(name, "}"), "...")
			fields = append(fields, parameterField(len(fields), "path", route.Param{Name: name, Required: true}))
		}
	}
	for _, p := range r.Query {
		fields = append(fields, parameterField(len(fields), "query", p))
	}
	if len(fields) == 0 {
		return nil
	}
	return reflect.New(reflect.StructOf(fields)).Elem().Interface()
}

func parameterField(i int, in string, p route.Param) reflect.StructField {
	tag := in + ":" + strconv.Quote(p.Name)
	if p.Description != "" {
		tag += " description:" + strconv.Quote(p.Description)
	}
	if p.Required {
		tag += ` required:"true"`
	}
	if len(p.Enum) > 0 {
		tag += " enum:" + strconv.Quote(strings.Join(p.Enum, ","))
	}
	return reflect.StructField{Name: "P" + strconv.Itoa(i), Type: reflect.TypeFor[string](), Tag: reflect.StructTag(tag)}
}

// documentPath writes {id...} the way OpenAPI has it, which knows no segment that takes the rest.
func documentPath(path string) string { return strings.ReplaceAll(path, "...}", "}") }

func operationID(method, path string) string {
	words := strings.FieldsFunc(path, func(c rune) bool { return strings.ContainsRune("/{}.-_", c) })
	id := strings.ToLower(method)
	for _, word := range words {
		if word != "api" {
			id += strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return id
}
