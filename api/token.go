package api

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// newToken gives 256 random bits as text, and the hash by which they are stored.
func newToken() (token string, hash [32]byte) {
	var b [32]byte
	_, _ = rand.Read(b[:])
	token = base64.RawURLEncoding.EncodeToString(b[:])
	return token, sha256.Sum256([]byte(token))
}

// NewToken gives the token of an invitation, and the hash by which it is stored, for those who make links.
func NewToken() (token string, hash [32]byte) { return newToken() }

// NewKey gives a key's id, what its owner is shown once, and the hash of its secret.
func NewKey() (id, shown string, hash [32]byte) {
	var b [6]byte
	_, _ = rand.Read(b[:])
	id = hex.EncodeToString(b[:])
	secret, hash := newToken()
	return id, "hetu_" + id + "_" + secret, hash
}
