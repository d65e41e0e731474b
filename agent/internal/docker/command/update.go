package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/docker/engine"
	"github.com/pulse-hub/pulse/agent/internal/docker/registry"
)

// Reasons not to touch a container.
var (
	errPinned     = errors.New("digest-pinned image")
	errAutoRemove = errors.New("the container is removed when it stops (--rm), so that it could not be put back")
	errSwarm      = errors.New("the container belongs to a Swarm service, which is to be updated instead")
	errPod        = errors.New("the container belongs to a pod, which cannot be told to the engine this way")
	errSelf       = errors.New("the agent runs in this container")
	errShared     = errors.New("another container uses its network")
	errBackup     = errors.New("the container is the backup of an update")
)

// Reasons to put the old container back.
var (
	errEnded     = errors.New("the new container does not stay up")
	errUnhealthy = errors.New("the new container is unhealthy")
)

// errNotUndone means that the old container could not be put back either.
var errNotUndone = errors.New("putting the old container back did not work yet")

// Times of an update.
const (
	pullTimeout = 9 * time.Minute // the hub gives up after ten
	stopGrace   = 30 * time.Second
	verifyAfter = 5 * time.Second
	// undoTimeout bounds putting the old container back, also when the agent ends.
	undoTimeout = 90 * time.Second
	backupTime  = "20060102_150405"
)

// errPullTime is the cause when pulling takes too long.
var errPullTime = errors.New("pulling takes too long")

// swap is a container that is being replaced: all that is needed to put it back.
type swap struct {
	Name   string `json:"name"`
	Backup string `json:"backup"`
	// Running says that it ran.
	Running bool `json:"running"`
}

// update replaces one container.
type update struct {
	client *engine.Client
	login  func(domain string) registry.Login
	logger hclog.Logger
	// verifyAfter is how long the new container must stay up.
	verifyAfter time.Duration
	// step tells the hub what is done next; note writes down what is to be put back after a crash.
	step func(message string)
	note func(*swap)
}

// run replaces the container by one of the image its name stands for now, and returns what to tell people. After an
// error the container is as it was before, unless the error says that this failed, too.
func (u *update) run(ctx context.Context, id string) (string, error) {
	old, err := u.client.Container(ctx, id)
	if err != nil {
		return "", fmt.Errorf("look at container: %w", err)
	}
	name := strings.TrimPrefix(old.Name, "/")
	reference, err := u.permit(ctx, old, name)
	if err != nil {
		return "", err
	}
	before, err := u.client.Image(ctx, old.Image)
	if err != nil {
		return "", fmt.Errorf("look at image: %w", err)
	}
	u.step("Pulling " + old.Config.Image)
	if err := u.pull(ctx, old.Config.Image, reference); err != nil {
		return "", err
	}
	after, err := u.client.Image(ctx, old.Config.Image)
	if err != nil {
		return "", fmt.Errorf("look at new image: %w", err)
	}
	if after.ID == before.ID {
		return "Container " + name + " is up to date", nil
	}
	document, err := u.client.Document(ctx, old.ID)
	if err != nil {
		return "", fmt.Errorf("read configuration: %w", err)
	}
	plan, err := newPlan(document, before.Config, u.client.TakesManyNetworks())
	if err != nil {
		return "", err
	}
	if err := u.replace(ctx, old, name, plan); err != nil {
		return "", err
	}
	return "Container " + name + " updated", nil
}

// permit refuses containers that cannot be replaced without harm.
func (u *update) permit(ctx context.Context, old engine.Container, name string) (registry.Reference, error) {
	reference, err := registry.Parse(old.Config.Image)
	labels := old.Config.Labels
	hostname, _ := os.Hostname() // without it the agent is taken to be outside
	switch {
	case err != nil:
		return reference, err
	case reference.Digest != "":
		return reference, errPinned
	case old.HostConfig.AutoRemove:
		return reference, errAutoRemove
	case labels["com.docker.swarm.task.id"] != "":
		return reference, errSwarm
	case labels["io.podman.annotations.pod.id"] != "" || labels["io.podman.pod.id"] != "":
		return reference, errPod
	case strings.Contains(name, BackupMark):
		return reference, errBackup
	case len(hostname) >= 12 && strings.HasPrefix(old.ID, hostname):
		return reference, errSelf
	}
	list, err := u.client.Containers(ctx)
	if err != nil {
		return reference, fmt.Errorf("list containers: %w", err)
	}
	for _, each := range list {
		if shared, found := strings.CutPrefix(each.HostConfig.NetworkMode, "container:"); found && (shared == old.ID || shared == name) {
			return reference, errShared
		}
	}
	return reference, nil
}

func (u *update) pull(ctx context.Context, name string, reference registry.Reference) error {
	ctx, cancel := context.WithTimeoutCause(ctx, pullTimeout, errPullTime)
	defer cancel()
	login := u.login(reference.Domain)
	credentials := engine.Credentials{Username: login.Username, Password: login.Password, IdentityToken: login.IdentityToken}
	if credentials != (engine.Credentials{}) {
		credentials.ServerAddress = reference.Domain
	}
	if reference.Tag == "latest" && !strings.HasSuffix(name, ":latest") {
		name += ":latest" // a name alone would fetch all tags
	}
	return u.client.Pull(ctx, name, credentials)
}

// replace puts the new container in the place of the old one, or leaves everything as it was.
func (u *update) replace(ctx context.Context, old engine.Container, name string, plan plan) error {
	state := &swap{Name: name, Backup: name + BackupMark + time.Now().UTC().Format(backupTime), Running: old.State.Running}
	u.note(state)
	u.step("Stopping " + name)
	created := ""
	err := u.client.Stop(ctx, old.ID, stopGrace)
	if err != nil {
		err = fmt.Errorf("stop container: %w", err)
	} else {
		created, err = u.exchange(ctx, old, state, plan)
	}
	if err == nil {
		return nil
	}
	u.logger.Warn("update is undone", "container", name, "error", err)
	if undone := undo(ctx, u.client, old.ID, created, state); undone != nil {
		return fmt.Errorf("%w; %w (it may be named %s): %w", err, errNotUndone, state.Backup, undone)
	}
	return fmt.Errorf("%w; the old container was put back", err)
}

// exchange does what can be undone, and returns the id of the new container also with an error.
func (u *update) exchange(ctx context.Context, old engine.Container, state *swap, plan plan) (created string, err error) {
	u.step("Renaming the old container to " + state.Backup)
	if err := u.client.Rename(ctx, old.ID, state.Backup); err != nil {
		return "", fmt.Errorf("rename container: %w", err)
	}
	u.step("Creating the new container")
	if created, err = u.client.Create(ctx, state.Name, plan.body); err != nil {
		return created, fmt.Errorf("create container: %w", err)
	}
	for _, network := range plan.later {
		if err := u.client.Attach(ctx, network.name, created, network.settings); err != nil {
			return created, fmt.Errorf("connect to network %s: %w", network.name, err)
		}
	}
	if !state.Running {
		return created, nil
	}
	u.step("Starting the new container")
	if err := u.client.Start(ctx, created); err != nil {
		return created, fmt.Errorf("start container: %w", err)
	}
	return created, u.verify(ctx, created)
}

// verify looks whether the new container has stayed up for a while.
func (u *update) verify(ctx context.Context, id string) error {
	u.step("Checking that the new container stays up")
	if !wait(ctx, u.verifyAfter) {
		return context.Cause(ctx)
	}
	fresh, err := u.client.Container(ctx, id)
	switch {
	case err != nil:
		return fmt.Errorf("look at new container: %w", err)
	case !fresh.State.Running || fresh.State.Restarting || fresh.RestartCount > 0:
		return fmt.Errorf("%w: exit code %d", errEnded, fresh.State.ExitCode)
	case fresh.State.Health != nil && fresh.State.Health.Status == "unhealthy":
		return errUnhealthy
	}
	return nil
}

// undo puts the old container back, also when the agent is about to end.
func undo(ctx context.Context, client *engine.Client, old, created string, state *swap) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
	defer cancel()
	if created != "" {
		if err := client.Remove(ctx, created); err != nil && !engine.Missing(err) {
			return fmt.Errorf("remove new container: %w", err)
		}
	}
	current, err := client.Container(ctx, old)
	if err != nil {
		return fmt.Errorf("look at old container: %w", err)
	}
	if strings.TrimPrefix(current.Name, "/") != state.Name {
		if err := client.Rename(ctx, old, state.Name); err != nil {
			return fmt.Errorf("rename old container: %w", err)
		}
	}
	if state.Running && !current.State.Running {
		if err := client.Start(ctx, old); err != nil {
			return fmt.Errorf("start old container: %w", err)
		}
	}
	return nil
}
