package passkeytest

import (
	"crypto/ecdsa"
	"encoding/binary"
	"fmt"
)

// The major types of CBOR that are needed, RFC 8949.
const (
	cborBytes = 2 << 5
	cborText  = 3 << 5
	cborMap   = 5 << 5
)

// attestation is an attestation object of the format "none".
func attestation(data []byte) []byte {
	out := []byte{cborMap | 3}
	out = text(text(out, "fmt"), "none")
	out = append(text(out, "attStmt"), cborMap)
	return bytes(text(out, "authData"), data)
}

// coseKey is the public half of an ES256 key, RFC 9053.
func coseKey(private *ecdsa.PrivateKey) ([]byte, error) {
	public, err := private.PublicKey.ECDH()
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	point := public.Bytes() // 4, then x and y in 32 bytes each
	out := []byte{
		cborMap | 5,
		1, 2, // kty: EC2
		3, 0x26, // alg: -7, ES256
		0x20, 1, // -1, crv: P-256
	}
	out = bytes(append(out, 0x21), point[1:33]) // -2, x
	return bytes(append(out, 0x22), point[33:]), nil
}

// text appends a text of at most 23 bytes.
func text(to []byte, s string) []byte { return append(append(to, cborText|byte(len(s))), s...) }

// bytes appends bytes with their length in two bytes, or in one when that is enough.
func bytes(to, b []byte) []byte {
	const oneByte, twoBytes = 24, 25
	if len(b) < 256 {
		to = append(to, cborBytes|oneByte, byte(len(b)))
	} else {
		to = binary.BigEndian.AppendUint16(append(to, cborBytes|twoBytes), uint16(len(b)))
	}
	return append(to, b...)
}
