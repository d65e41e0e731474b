package archive

import (
	"archive/tar"
	"bufio"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Room in the unpacked archive for what is not file content.
const (
	headerBytes  = 4 << 10 // of each entry: headers, long names, padding
	trailerBytes = 1 << 20 // end marker and padding to the record size of some archivers
)

// ReadPackage reads a package file from its first to its last byte and hands
// its files to the sink. It fails with one of the package's errors, with those
// of the sink, or with the context.
func ReadPackage(ctx context.Context, file io.Reader, limits Limits, sink Sink) (*Content, error) {
	collected := newCollector(limits, sink)
	packed := bufio.NewReader(&bounded{from: endable{ctx, file}, left: limits.Bytes + trailerBytes})
	unzipped, err := gzip.NewReader(packed)
	if err != nil {
		return nil, explain(err)
	}
	// One archive has one meaning: no second one behind the first.
	unzipped.Multistream(false)
	stream := &bounded{from: unzipped, left: limits.Bytes + int64(limits.Entries)*headerBytes + trailerBytes}
	if err := collected.tar(tar.NewReader(stream)); err != nil {
		return nil, explain(err)
	}
	if err := ended(stream, packed); err != nil {
		return nil, explain(err)
	}
	return collected.content()
}

func (c *collector) tar(archive *tar.Reader) error {
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := c.entry(header, archive); err != nil {
			return err
		}
	}
}

func (c *collector) entry(header *tar.Header, content io.Reader) error {
	// Archivers that are given "." write names like this.
	name := strings.TrimPrefix(header.Name, "./")
	switch header.Typeflag {
	case tar.TypeDir:
		if name = strings.TrimSuffix(name, "/"); name == "" || name == "." {
			return nil
		}
		return c.enter(name, true)
	case tar.TypeReg:
		for key := range header.PAXRecords {
			if strings.HasPrefix(key, "GNU.sparse.") {
				return fmt.Errorf("%w: %.200q has holes", ErrKind, header.Name)
			}
		}
		return c.file(name, content)
	case tar.TypeSymlink, tar.TypeLink:
		return fmt.Errorf("%w: %.200q is a link", ErrKind, header.Name)
	}
	return fmt.Errorf("%w: %.200q is of type %q", ErrKind, header.Name, header.Typeflag)
}

// ended reads what is behind the last file: zeros, the checksum of the compressed data, and no more.
func ended(stream io.Reader, packed *bufio.Reader) error {
	padding := make([]byte, 4<<10)
	for {
		n, err := stream.Read(padding)
		for _, b := range padding[:n] {
			if b != 0 {
				return ErrTrailing
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if _, err := packed.ReadByte(); !errors.Is(err, io.EOF) {
		if err != nil {
			return err
		}
		return ErrTrailing
	}
	return nil
}

// explain gives the errors of the decoders the names of this package.
func explain(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case isOurs(err):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("%w: %w", ErrTruncated, err)
	case errors.Is(err, gzip.ErrHeader):
		return fmt.Errorf("%w: %w", ErrNotPackage, err)
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, tar.ErrHeader), errors.Is(err, tar.ErrFieldTooLong),
		errors.As(err, &corrupt):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}
