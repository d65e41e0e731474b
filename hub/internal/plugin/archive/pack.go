package archive

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/sdk/manifest"
)

// Signer signs a message and returns the text of a minisign signature.
type Signer interface {
	Sign(message []byte) ([]byte, error)
}

// Pack writes the package of a folder that holds a plugin, and returns what it
// holds. The folder's own checksums and signature are left aside and made anew;
// with a nil signer there is no signature. The same files, signer and version
// of Go give the same bytes, whatever times and modes the files have.
func Pack(ctx context.Context, out io.Writer, folder *os.Root, signer Signer) (*Content, error) {
	collected := newCollector(DefaultLimits(), Discard{})
	plugin := func(name string) bool { return name != ChecksumsName && name != SignatureName }
	if err := collected.folder(ctx, folder, ".", plugin); err != nil {
		return nil, err
	}
	content, err := collected.described()
	if err != nil {
		return nil, err
	}
	payload := slices.Clone(content.Files)
	if err := content.list(signer); err != nil {
		return nil, err
	}
	if err := content.write(ctx, out, folder, payload); err != nil {
		return nil, err
	}
	return content, nil
}

// list adds the checksums and their signature to the content.
func (c *Content) list(signer Signer) error {
	c.Checksums = FormatChecksums(c.Files)
	c.add(ChecksumsName, c.Checksums)
	if signer != nil {
		signature, err := signer.Sign(c.Checksums)
		if err != nil {
			return fmt.Errorf("sign checksums: %w", err)
		}
		c.Signature = signature
		c.add(SignatureName, signature)
	}
	c.Digest = digestOf(c.Files)
	return nil
}

func (c *Content) add(name string, data []byte) {
	sum := sha256.Sum256(data)
	file := File{Name: name, Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])}
	at, _ := slices.BinarySearchFunc(c.Files, name, func(f File, name string) int { return strings.Compare(f.Name, name) })
	c.Files = slices.Insert(c.Files, at, file)
	c.Bytes += file.Size
}

// write puts the descriptive files first, so that a reader has them early.
func (c *Content) write(ctx context.Context, out io.Writer, folder *os.Root, payload []File) error {
	zipped, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	archive := &tarWriter{Writer: tar.NewWriter(zipped), content: c}
	payload = slices.DeleteFunc(payload, func(f File) bool { return f.Name == manifest.FileName })
	described, _ := c.File(manifest.FileName)
	if err := archive.copy(ctx, folder, described); err != nil {
		return err
	}
	if err := archive.put(ChecksumsName, c.Checksums); err != nil {
		return err
	}
	if c.Signature != nil {
		if err := archive.put(SignatureName, c.Signature); err != nil {
			return err
		}
	}
	for _, file := range payload {
		if err := archive.copy(ctx, folder, file); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("end archive: %w", err)
	}
	return zipped.Close()
}

type tarWriter struct {
	*tar.Writer
	content *Content
}

func (w *tarWriter) header(name string, size int64) error {
	// Modes for people who unpack it by hand; a hub sets its own.
	mode := int64(0o644)
	if w.content.RunsDirectly(name) {
		mode = 0o755
	}
	err := w.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: name, Size: size, Mode: mode, ModTime: time.Unix(0, 0),
	})
	if err != nil {
		return fmt.Errorf("write header of %s: %w", name, err)
	}
	return nil
}

func (w *tarWriter) put(name string, data []byte) error {
	if err := w.header(name, int64(len(data))); err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// copy adds a file and makes sure that it is still the one that was listed.
func (w *tarWriter) copy(ctx context.Context, folder *os.Root, file File) error {
	opened, err := folder.Open(file.Name)
	if err != nil {
		return fmt.Errorf("open %s: %w", file.Name, err)
	}
	defer opened.Close()
	if err := w.header(file.Name, file.Size); err != nil {
		return err
	}
	hash := sha256.New()
	if _, err := io.Copy(io.MultiWriter(w, hash), io.LimitReader(endable{ctx, opened}, file.Size)); err != nil {
		return fmt.Errorf("pack %s: %w", file.Name, err)
	}
	if hex.EncodeToString(hash.Sum(nil)) != file.SHA256 {
		return fmt.Errorf("%w: %s", ErrUnstable, file.Name)
	}
	return nil
}
