package sandbox

import (
	"bytes"
	"debug/elf"
	"fmt"
	"io"
)

// Runtime is what an executable needs beside itself in order to start.
type Runtime struct {
	// Execute must be readable and allowed to run: a dynamic loader, an interpreter.
	Execute []string
	// Read must be readable: libraries.
	Read []string
}

// RuntimeOf returns what an ELF executable says it needs: nothing if it is
// static, otherwise its loader and the folders of libraries. Whoever can run a
// loader can run any program it can read, which a plugin's sandbox keeps to its
// own and to libraries: static executables are confined better.
func RuntimeOf(executable io.ReaderAt) (Runtime, error) {
	file, err := elf.NewFile(executable)
	if err != nil {
		return Runtime{}, fmt.Errorf("read executable: %w", err)
	}
	for _, segment := range file.Progs {
		if segment.Type != elf.PT_INTERP {
			continue
		}
		const longest = 4096 // PATH_MAX
		name, err := io.ReadAll(io.LimitReader(segment.Open(), longest))
		if err != nil {
			return Runtime{}, fmt.Errorf("read loader of executable: %w", err)
		}
		loader := string(bytes.TrimRight(name, "\x00"))
		return Runtime{
			Execute: absolute([]string{loader}),
			Read: []string{"/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib",
				"/etc/ld.so.cache"},
		}, nil
	}
	return Runtime{}, nil
}
