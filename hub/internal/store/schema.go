package store

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/hashicorp/go-hclog"
	bolt "go.etcd.io/bbolt"
)

// ErrForeign is returned by Open for a bbolt file that some other program wrote.
var ErrForeign = errors.New("file is not a store of this program")

// The records that the store keeps about itself.
const (
	metaBucket = "meta"
	schemaKey  = "schema"
	// maxSchemaBytes bounds what is read as a schema number.
	maxSchemaBytes = 9
)

// A migration takes the file from one schema to the next, within one transaction.
type migration struct {
	name  string
	apply func(*bolt.Tx) error
}

// migrations lists all steps in order, and only ever grows: the schema of a file is the number of steps taken.
// Buckets need no step, they come into being with their first record.
func migrations() []migration {
	return []migration{
		{name: "create the record of the schema", apply: createMeta},
	}
}

func createMeta(tx *bolt.Tx) error {
	_, err := tx.CreateBucketIfNotExists([]byte(metaBucket))
	return err
}

// migrate takes the steps that the file lacks. Each step is durable with its number, so a crash between two repeats
// none.
func migrate(db *bolt.DB, steps []migration, log hclog.Logger) error {
	have, err := schemaOf(db)
	if err != nil {
		return err
	}
	if have > len(steps) {
		return fmt.Errorf("%w: schema %d, this version reads up to %d: install the newer version again, or put back a backup from before",
			ErrNewerSchema, have, len(steps))
	}
	for i := have; i < len(steps); i++ {
		if err := takeStep(db, steps[i], i+1); err != nil {
			return fmt.Errorf("migrate to schema %d (%s): %w", i+1, steps[i].name, translate(err))
		}
		if i > 0 {
			log.Info("store migrated", "schema", i+1, "step", steps[i].name)
		}
	}
	return nil
}

func takeStep(db *bolt.DB, step migration, schema int) error {
	return db.Update(func(tx *bolt.Tx) error {
		if err := step.apply(tx); err != nil {
			return err
		}
		return tx.Bucket([]byte(metaBucket)).Put([]byte(schemaKey), strconv.AppendInt(nil, int64(schema), 10))
	})
}

// schemaOf returns the schema of the file, 0 for a new one.
func schemaOf(db *bolt.DB) (schema int, err error) {
	err = db.View(func(tx *bolt.Tx) error {
		meta := tx.Bucket([]byte(metaBucket))
		if meta == nil {
			return refuseForeign(tx)
		}
		schema, err = parseSchema(meta.Get([]byte(schemaKey)))
		return err
	})
	return schema, err
}

// refuseForeign fails for a file that has buckets but no record of a schema.
func refuseForeign(tx *bolt.Tx) error {
	return tx.ForEach(func([]byte, *bolt.Bucket) error { return ErrForeign })
}

// parseSchema reads the schema record: a decimal number from 1.
func parseSchema(data []byte) (int, error) {
	if len(data) > maxSchemaBytes {
		return 0, fmt.Errorf("%w: schema record is too long", ErrForeign)
	}
	n, err := strconv.Atoi(string(data))
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%w: schema record is not a number", ErrForeign)
	}
	return n, nil
}
