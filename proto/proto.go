// Package proto holds the wire contract between the hub and its plugins as
// .proto files, and checks that it stays compatible. The generated Go code is
// in proto/gen.
package proto

//go:generate go -C ../scripts/genproto run . -root ../../proto
