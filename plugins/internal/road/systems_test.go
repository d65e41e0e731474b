package roadtest

import (
	"net/http"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/plugins/internal/proxmoxtest"
)

// The logins that the played systems let in.
const (
	pveToken   = "pulse@pve!monitor"
	pbsToken   = "pulse@pbs!monitor"
	pmgUser    = "pulse@pmg"
	testSecret = "2f7c5a10-1111-4222-8333-0123456789ab"
)

// Folders of the sets.
const (
	lab3  = "../proxmoxtest/testdata/lab3-pve8"
	solo  = "../proxmoxtest/testdata/solo-pve9"
	vault = "../../pbs/testdata/vault-pbs3"
	mx    = "../../pmg/testdata/mx-pmg8"
)

// product is what the played systems of a product have in common.
type product struct {
	typ     string // in the hub's API
	product proxmoxapi.Product
	login   map[string]any
}

var (
	pve = product{"pve", proxmoxapi.PVE, map[string]any{"tokenName": pveToken, "tokenValue": testSecret}}
	pbs = product{"pbs", proxmoxapi.PBS, map[string]any{"tokenName": pbsToken, "tokenValue": testSecret}}
	pmg = product{"pmg", proxmoxapi.PMG, map[string]any{"user": pmgUser, "password": testSecret}}
)

// play starts a system that ends with the test. Its clock may be ahead.
func play(t testing.TB, p product, answers proxmoxtest.Answers, ahead time.Duration) *proxmoxtest.Server {
	t.Helper()
	options := proxmoxtest.Options{
		Product: p.product, Answers: answers, Now: func() time.Time { return time.Now().Add(ahead) },
	}
	switch p.typ {
	case pve.typ:
		options.Token = "PVEAPIToken=" + pveToken + "=" + testSecret
	case pbs.typ:
		options.Token = "PBSAPIToken=" + pbsToken + ":" + testSecret
	case pmg.typ:
		options.User, options.Password = pmgUser, testSecret
	}
	return proxmoxtest.Start(t, options)
}

// add has the hub watch a system, as a person does it: with the fingerprint of
// its certificate.
func (h *hub) add(t testing.TB, p product, name string, system *proxmoxtest.Server) {
	t.Helper()
	node := map[string]any{
		"type": p.typ, "name": name, "host": system.URL(""), "verifySSL": true, "fingerprint": system.Fingerprint(""),
	}
	for key, value := range p.login {
		node[key] = value
	}
	if status, answer := h.do(t, http.MethodPost, "/api/config/nodes", node); status != http.StatusCreated {
		t.Fatalf("adding %s gave %d: %s", name, status, answer)
	}
}
