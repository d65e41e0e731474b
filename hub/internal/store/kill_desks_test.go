package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/auth/account"
	"github.com/pulse-hub/pulse/hub/internal/auth/account/password"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// desksDirEnv tells the test binary that it is a child which gets killed, and where its store is.
const desksDirEnv = "PULSE_TEST_STORE_DESKS_DIR"

// desks are those that keep what can be set, over one store.
type desks struct {
	db        *store.DB
	users     *account.Desk
	issuer    *auth.Issuer
	instances *instance.Repository
	log       *audit.Log
}

// cheap is a hasher that costs nothing.
type cheap struct{}

// Hash is part of account.Hasher.
func (cheap) Hash(_ context.Context, given string) (string, error) { return "hash of " + given, nil }

// Verify is part of account.Hasher.
func (cheap) Verify(_ context.Context, given, hash string) (password.Match, error) {
	return 0, fmt.Errorf("%s is not asked for %s", hash, given)
}

func openDesks(t *testing.T, dir string) *desks {
	t.Helper()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	stored := auth.StoredTokens{Store: db}
	d := &desks{
		db: db, users: account.New(account.Options{Records: db, Hasher: cheap{}}), instances: instance.NewRepository(db),
		log: audit.New(audit.Options{Records: db}),
		issuer: auth.NewIssuer(auth.IssuerOptions{
			Store: stored, Authenticator: auth.New(auth.Options{Records: stored}), Logger: hclog.NewNullLogger(),
		}),
	}
	if err := d.users.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// settle makes round n the one that every desk tells of: a role and a user that has it, the only token there is, a
// monitored system with its secret, and an event. Each is a transaction of its desk.
func (d *desks) settle(ctx context.Context, n int) error {
	role, name := fmt.Sprint("role-", n%4), fmt.Sprint("user-", n%4)
	if _, known := d.users.Get(name); known {
		if err := d.users.Delete(ctx, name); err != nil {
			return fmt.Errorf("delete user: %w", err)
		}
	}
	if err := d.users.PutRole(ctx, auth.Role{Name: role, Description: fmt.Sprint(n), Permissions: []auth.Permission{{Resource: auth.ResourceAlerts, Action: auth.ActionRead}}}); err != nil {
		return fmt.Errorf("put role: %w", err)
	}
	if _, err := d.users.Create(ctx, account.Draft{Name: name, Password: fmt.Sprint("a long password ", n), Role: role}); err != nil {
		return fmt.Errorf("create user: %w", err)
	}
	if _, _, err := d.issuer.Replace(ctx, fmt.Sprint("token ", n), fmt.Sprintf("token-of-the-round-%06d", n), auth.Local()); err != nil {
		return fmt.Errorf("replace tokens: %w", err)
	}
	one := instance.Instance{
		ID: "node", Plugin: "pulse.test", Component: "source/test", Name: fmt.Sprint("node ", n),
		Secrets: map[string]string{"/token": fmt.Sprint("node ", n)},
	}
	if _, err := d.instances.Put(ctx, one); err != nil {
		return fmt.Errorf("put instance: %w", err)
	}
	return d.log.Add(ctx, audit.Event{Actor: "test", Kind: "round", Subject: fmt.Sprint(n), What: "settled"})
}

// TestDesksChild settles round after round until it is killed, and prints each that was acknowledged.
func TestDesksChild(t *testing.T) {
	dir := os.Getenv(desksDirEnv)
	if dir == "" {
		t.Skip("runs as the child of TestKilledDesksKeepTheirWord")
	}
	d := openDesks(t, dir)
	if _, known := d.users.Get("anna"); !known { // somebody has to stay administrator
		if _, err := d.users.Create(t.Context(), account.Draft{Name: "anna", Password: "a long password", Role: auth.RoleAdmin}); err != nil {
			t.Fatal(err)
		}
	}
	last, err := d.rounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("ready")
	for n := last + 1; ; n++ {
		if err := d.settle(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		fmt.Println("acked", n)
	}
}

// rounds returns the newest round of the audit log, 0 for none.
func (d *desks) rounds(ctx context.Context) (last int, err error) {
	events, err := d.log.Query(ctx, audit.Filter{Kind: "round", Limit: 1})
	if err == nil && len(events) > 0 {
		_, err = fmt.Sscan(events[0].Subject, &last)
	}
	return last, err
}

// verify looks for what every moment must show: the acknowledged round or the one after it at each desk, with the
// parts of one transaction of the same round.
func (d *desks) verify(t *testing.T, acked int) {
	t.Helper()
	recent := func(what string, n int) {
		if n != acked && n != acked+1 {
			t.Errorf("%s is of round %d, and %d was acknowledged", what, n, acked)
		}
	}
	number := func(text string) (n int) {
		if _, err := fmt.Sscanf(text[strings.LastIndexAny(text, "- ")+1:], "%d", &n); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		return n
	}
	last, err := d.rounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	recent("the audit log", last)
	tokens, err := (auth.StoredTokens{Store: d.db}).Tokens(t.Context())
	if err != nil || len(tokens) != 1 {
		t.Fatalf("there are %d tokens, %v", len(tokens), err)
	}
	recent("the token", number(tokens[0].Name))
	if tokens[0].Hash != auth.HashToken(fmt.Sprintf("token-of-the-round-%06d", number(tokens[0].Name))) {
		t.Error("the token's name and its hash are of different rounds")
	}
	node, err := d.instances.Get(t.Context(), "node")
	if err != nil {
		t.Fatal(err)
	}
	recent("the instance", number(node.Name))
	if node.Secrets["/token"] != node.Name {
		t.Errorf("the instance is %s with the secret of %s", node.Name, node.Secrets["/token"])
	}
	role, ok := d.users.Role(fmt.Sprint("role-", acked%4))
	if !ok || number(role.Description) != acked {
		t.Errorf("the role is of %s, and round %d was acknowledged", role.Description, acked)
	}
	if user, ok := d.users.Get(fmt.Sprint("user-", acked%4)); !ok || user.Role != role.Name {
		t.Errorf("the user of round %d has the role %s", acked, user.Role)
	}
	if report, err := d.log.Verify(t.Context()); err != nil || report.Problem != "" {
		t.Errorf("the audit log: %+v, %v", report, err)
	}
}

// TestKilledDesksKeepTheirWord kills a process in which the real desks change settings.
func TestKilledDesksKeepTheirWord(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many processes")
	}
	rounds := 5
	if wanted := os.Getenv("PULSE_TEST_STORE_KILLS"); wanted != "" {
		if _, err := fmt.Sscan(wanted, &rounds); err != nil {
			t.Fatal(err)
		}
	}
	dir, acked := t.TempDir(), 0
	for range rounds {
		acked = max(acked, killDesks(t, dir))
		d := openDesks(t, dir)
		d.verify(t, acked)
		last, err := d.rounds(t.Context())
		if err = errors.Join(err, d.db.Close()); err != nil || t.Failed() {
			t.Fatalf("after round %d: %v", acked, err)
		}
		acked = max(acked, last) // it was written and could not be told any more
	}
	t.Logf("%d rounds looked for", acked)
}

// killDesks runs the child, kills it some time after its first round, and returns the last round it told of.
func killDesks(t *testing.T, dir string) (last int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestDesksChild$")
	cmd.Env = append(os.Environ(), desksDirEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewReader(out); ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // the last line may be cut
		}
		before := last
		if n, _ := fmt.Sscanf(line, "acked %d", &last); n == 1 && before == 0 {
			defer time.AfterFunc(rand.N(200*time.Millisecond), func() { _ = cmd.Process.Kill() }).Stop()
		}
		if strings.Contains(line, ".go:") {
			t.Errorf("the child: %s", line)
		}
	}
	if err := cmd.Wait(); err == nil || last == 0 {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return last
}
