//go:build race

package sandbox_test

// raceDetector maps more memory than any limit on it allows.
const raceDetector = true
