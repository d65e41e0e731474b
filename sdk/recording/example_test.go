package recording_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"google.golang.org/grpc"

	"github.com/pulse-hub/pulse/sdk/recording"
)

// connection is that to a plugin which has been started and initialized.
func connection() grpc.ClientConnInterface { return nil }

// A recording is played to a plugin, and tells what it answers differently.
func Example() {
	file, err := os.Open("testdata/bug.pulserec")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	recorded, err := recording.Read(file)
	if err != nil {
		log.Fatal(err)
	}
	outcome, err := recording.Play(context.Background(), recorded, connection())
	if err != nil {
		log.Fatal(err)
	}
	for _, difference := range outcome.Differences {
		fmt.Println(difference)
	}
}
