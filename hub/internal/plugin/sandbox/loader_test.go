package sandbox

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// program returns the head of a 64-bit ELF executable with one segment that holds the text.
func program(kind elf.ProgType, text string) []byte {
	const head, segment = 64, 56
	var b bytes.Buffer
	for _, part := range []any{
		elf.Header64{
			Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
			Type:  uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
			Phoff: head, Ehsize: head, Phentsize: segment, Phnum: 1,
		},
		elf.Prog64{Type: uint32(kind), Off: head + segment, Filesz: uint64(len(text)), Memsz: uint64(len(text))},
		[]byte(text),
	} {
		_ = binary.Write(&b, binary.LittleEndian, part) // a buffer takes everything
	}
	return b.Bytes()
}

func TestRuntimeOf(t *testing.T) {
	for _, c := range []struct {
		name       string
		executable []byte
		loader     []string
	}{
		{"static", program(elf.PT_LOAD, "code"), nil},
		{"dynamic", program(elf.PT_INTERP, "/lib64/ld-linux-x86-64.so.2\x00"), []string{"/lib64/ld-linux-x86-64.so.2"}},
		{"relative loader", program(elf.PT_INTERP, "ld.so\x00"), nil},
	} {
		got, err := RuntimeOf(bytes.NewReader(c.executable))
		if diff := cmp.Diff(c.loader, got.Execute); err != nil || diff != "" {
			t.Errorf("%s: %v, loader (-want +got):\n%s", c.name, err, diff)
		}
	}
	if _, err := RuntimeOf(bytes.NewReader([]byte("#!/usr/bin/env node\n"))); err == nil {
		t.Error("a script has a runtime")
	}
}

func FuzzRuntimeOf(f *testing.F) {
	f.Add(program(elf.PT_LOAD, "code"))
	f.Add(program(elf.PT_INTERP, "/lib/ld.so\x00"))
	f.Fuzz(func(t *testing.T, executable []byte) {
		got, err := RuntimeOf(bytes.NewReader(executable))
		if err == nil && len(got.Execute) > 1 {
			t.Fatalf("got %v", got)
		}
	})
}
