package api

import (
	"net/http"

	"github.com/pulse-hub/pulse/hub/internal/api/docs"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
)

func (a *API) descriptionRoutes() []route.Route {
	return []route.Route{
		{
			Path: "/api/openapi.json", Access: route.Authenticated(),
			Summary: "This description, as OpenAPI 3.1", Handle: a.openapi,
		},
		{
			Path: "/api/docs", Access: route.Authenticated(), Media: docs.ContentType,
			Summary: "This description, for reading", Handle: a.docs,
		},
	}
}

func (a *API) openapi(*route.Call) (any, error) {
	return a.documents.Get("openapi", route.Version{}, func() ([]byte, error) { return a.Description, nil })
}

func (a *API) docs(*route.Call) (any, error) {
	page, err := docs.Page(a.Description)
	if err != nil {
		return nil, err
	}
	return route.Raw{
		ContentType: docs.ContentType, Body: page,
		Header: http.Header{"Cache-Control": {"private, max-age=300"}},
	}, nil
}
