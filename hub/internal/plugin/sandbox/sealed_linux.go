package sandbox

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// sealed returns an open file in memory that holds the data and can no longer
// be changed. Unlike a pipe it takes any amount without somebody reading.
func sealed(data []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate("launch-spec", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "launch-spec")
	err = fill(file, data)
	if err == nil {
		_, err = unix.FcntlInt(file.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_WRITE|unix.F_SEAL_GROW|unix.F_SEAL_SHRINK)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// fill writes the data to the file and goes back to its start.
func fill(file *os.File, data []byte) error {
	if _, err := file.Write(data); err != nil {
		return err
	}
	_, err := file.Seek(0, io.SeekStart)
	return err
}
