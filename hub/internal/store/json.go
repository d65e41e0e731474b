package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// ErrDecode is returned by GetJSON and ListJSON for a value that is not JSON of the wanted type. The error text
// names the record and never its value.
var ErrDecode = errors.New("record is not valid JSON for its type")

// GetJSON reads the record under key as JSON into a new T. Members that T does not have are ignored.
func GetJSON[T any](ctx context.Context, r Reader, b Bucket, key string) (T, error) {
	var v T
	data, err := r.Get(ctx, b, key)
	if err != nil {
		return v, err
	}
	return decodeJSON[T](b, Record{Key: key, Value: data})
}

// PutJSON stores v as JSON under key.
func PutJSON[T any](ctx context.Context, tx Tx, b Bucket, key string, v T) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode record %s/%s: %w", b, key, err)
	}
	return tx.Put(ctx, b, key, data)
}

// ListJSON reads all records whose key starts with prefix, by key. It stops at the first one that cannot be read.
func ListJSON[T any](ctx context.Context, r Reader, b Bucket, prefix string) (map[string]T, error) {
	records, err := r.List(ctx, b, prefix)
	if err != nil {
		return nil, err
	}
	out := make(map[string]T, len(records))
	for _, rec := range records {
		v, err := decodeJSON[T](b, rec)
		if err != nil {
			return nil, err
		}
		out[rec.Key] = v
	}
	return out, nil
}

// decodeJSON leaves the decoder's own message out: it can quote the value, and values can be secrets.
func decodeJSON[T any](b Bucket, rec Record) (T, error) {
	var v T
	if err := json.Unmarshal(rec.Value, &v); err != nil {
		var zero T
		return zero, fmt.Errorf("%w: %s/%s", ErrDecode, b, rec.Key)
	}
	return v, nil
}
