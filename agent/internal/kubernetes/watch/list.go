package watch

import (
	"context"
	"errors"
	"net/url"
	"strconv"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/apiclient"
)

// pageSize is how many objects are asked for at a time. It spares the API server, not the agent.
const pageSize = 500

// Listing is what came of a list besides the objects.
type Listing struct {
	// Version is the version of the collection, from which it can be watched.
	Version string
	// Skipped counts objects that could not be read.
	Skipped int
}

// Each lists a collection and hands over each object, in the server's order. After an error the list is not complete.
func Each[T any](ctx context.Context, client Getter, collection Collection, hand func(*T)) (Listing, error) {
	return pages(ctx, client, collection, pageSize, taking(hand))
}

// pages lists page by page; a size of zero means all at once.
func pages(ctx context.Context, client Getter, collection Collection, size int, take take) (Listing, error) {
	var listing Listing
	next := ""
	for {
		got, err := onePage(ctx, client, collection.list(size, next), take)
		if err != nil {
			return Listing{}, err
		}
		listing.Version = got.ResourceVersion
		listing.Skipped += got.skipped
		if got.Continue == "" {
			return listing, nil
		}
		next = got.Continue
	}
}

func onePage(ctx context.Context, client Getter, request apiclient.Request, take take) (page, error) {
	body, err := client.Get(ctx, request)
	if err != nil {
		return page{}, err
	}
	defer body.Close()
	got, err := decodePage(body, take)
	if err != nil && ctx.Err() != nil && !errors.Is(err, context.Cause(ctx)) {
		err = context.Cause(ctx)
	}
	return got, err
}

// list returns the request for one page.
func (c Collection) list(size int, next string) apiclient.Request {
	query := c.query()
	if size > 0 {
		query.Set("limit", strconv.Itoa(size))
	}
	if next != "" {
		query.Set("continue", next)
	}
	request := apiclient.Request{Path: c.Path, Query: query}
	if c.Partial {
		request.Accept = partialList
	}
	return request
}

// watch returns the request for the changes since a version, for a time in seconds.
func (c Collection) watch(version string, seconds int) apiclient.Request {
	query := c.query()
	query.Set("watch", "true")
	query.Set("allowWatchBookmarks", "true")
	query.Set("resourceVersion", version)
	query.Set("timeoutSeconds", strconv.Itoa(seconds))
	request := apiclient.Request{Path: c.Path, Query: query}
	if c.Partial {
		request.Accept = partialWatch
	}
	return request
}

func (c Collection) query() url.Values {
	query := url.Values{}
	if c.FieldSelector != "" {
		query.Set("fieldSelector", c.FieldSelector)
	}
	return query
}
