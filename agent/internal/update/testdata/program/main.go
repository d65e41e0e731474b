// Command program stands in for the agent: it tells its version.
package main

import "os"

var version = "dev"

func main() { _, _ = os.Stdout.WriteString(version + "\n") }
