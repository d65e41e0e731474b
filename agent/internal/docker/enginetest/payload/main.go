// Command payload is the only program in the containers of tests.
package main

import (
	"bytes"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

func main() {
	switch os.Args[1] {
	case "wait":
		ended := make(chan os.Signal, 1)
		signal.Notify(ended, syscall.SIGTERM)
		<-ended
	case "burn":
		for {
			_ = strconv.Itoa(len(os.Args))
		}
	case "eat":
		time.Sleep(time.Second) // the engine misses what happens before it has begun to watch the container's memory
		eaten := map[int][]byte{}
		for {
			eaten[len(eaten)] = bytes.Repeat([]byte{1}, 1<<20)
		}
	case "exit":
		code, _ := strconv.Atoi(os.Args[2])
		os.Exit(code)
	}
}
