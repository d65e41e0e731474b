package updates

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/agent/internal/docker/engine"
	"github.com/pulse-hub/pulse/agent/internal/docker/registry"
	"github.com/pulse-hub/pulse/agent/report"
)

// compare tells whether the tag stands for another image now.
//
// Digests of different things must not be compared: an engine notes the digest of the index it pulled from, of the
// manifest for its platform, or of both, and names the image by its configuration or by its manifest. And an index
// changes when the image for some other platform does, which is no update here. So the questions go from the cheap one
// to the sure one, and there is an update only when all three digests are new.
func compare(ctx context.Context, images Images, registries *registry.Client, key Key) (report.ImageUpdate, error) {
	var status report.ImageUpdate
	reference, err := registry.Parse(key.Name)
	if err != nil {
		return status, err
	}
	if reference.Digest != "" {
		status.CurrentDigest = reference.Digest
		return status, registry.ErrPinned
	}
	image, err := images.Image(ctx, key.ImageID)
	if err != nil {
		return status, fmt.Errorf("look at local image: %w", err)
	}
	known := digests(image, reference)
	if len(known) > 0 {
		status.CurrentDigest = known[0]
	} else if !reference.Explicit || reference.Domain == "localhost" {
		return status, errLocal
	}
	tag, err := registries.Resolve(ctx, reference)
	if err != nil {
		return status, err
	}
	status.LatestDigest = tag.Digest
	same, err := holds(ctx, tag, image, known)
	if err != nil {
		return status, err
	}
	status.UpdateAvailable = !same
	return status, nil
}

// holds reports whether the local image is what the tag stands for.
func holds(ctx context.Context, tag *registry.Tag, image engine.Image, known []string) (bool, error) {
	id := withPrefix(image.ID)
	local := append(slices.Clone(known), id)
	if slices.Contains(local, tag.Digest) {
		return true, nil
	}
	manifest, err := tag.Manifest(ctx, registry.Platform{OS: image.Os, Architecture: image.Architecture, Variant: image.Variant})
	if err != nil {
		return false, err
	}
	if slices.Contains(local, manifest) {
		return true, nil
	}
	config, err := tag.Config(ctx, manifest)
	if err != nil {
		return false, err
	}
	return config == id, nil
}

// digests returns under which digests the image was pulled from the repository.
func digests(image engine.Image, reference registry.Reference) []string {
	var found []string
	for _, each := range image.RepoDigests {
		pulled, err := registry.Parse(each)
		if err == nil && pulled.Repository() == reference.Repository() && !slices.Contains(found, pulled.Digest) {
			found = append(found, pulled.Digest)
		}
	}
	return found
}

// withPrefix gives an image id the form of a digest, which Podman leaves out.
func withPrefix(id string) string {
	if id != "" && !strings.Contains(id, ":") {
		return "sha256:" + id
	}
	return id
}
