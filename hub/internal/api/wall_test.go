package api_test

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/hub/internal/wall"
)

// newWall returns the real wall around a hub that knows the tokens, the value of each of which is its id.
func newWall(t testing.TB, signIn config.SignIn, now func() time.Time, tokens ...auth.Token) *wall.Wall {
	t.Helper()
	dir := t.TempDir()
	settings, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = settings.Close() })
	for i := range tokens {
		tokens[i].Hash = auth.HashToken(tokens[i].ID)
	}
	if err := (auth.StoredTokens{Store: settings}).Change(t.Context(), auth.TokenChange{Put: tokens}, 100); err != nil {
		t.Fatal(err)
	}
	around, err := wall.New(t.Context(), wall.Options{Settings: settings, DataDir: dir, SignIn: signIn, Logger: hclog.NewNullLogger(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return around
}

// behind serves an API behind a wall.
func behind(around *wall.Wall, parts api.Parts) (http.Handler, []route.Route) {
	around.AddTo(&parts)
	if parts.Logger == nil {
		parts.Logger = hclog.NewNullLogger()
	}
	routes := api.New(parts).Routes()
	return route.New(route.Options{
		Routes: routes, Auth: around.Callers, Browsers: around.Browsers, Audit: around.Log, Logger: hclog.NewNullLogger(), Page: http.NotFoundHandler(),
	}), routes
}
