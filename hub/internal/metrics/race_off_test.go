//go:build !race

package metrics

// raceEnabled says that the race detector multiplies memory.
const raceEnabled = false
