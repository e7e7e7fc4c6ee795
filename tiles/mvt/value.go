package mvt

import (
	"encoding/binary"
)

// AppendText appends a text as a layer holds it among its values.
func AppendText(dst []byte, s string) []byte {
	dst = field(dst, layerValue, uint64(1+uvarintSize(len(s))+len(s))) //nolint:gosec // a size is never negative
	dst = field(dst, valueString, uint64(len(s)))
	return append(dst, s...)
}

// AppendInt appends a whole number as a layer holds it among its values.
func AppendInt(dst []byte, n int64) []byte {
	tag, v := byte(valueUint), uint64(n) //nolint:gosec // negative ones are written otherwise
	if n < 0 {
		tag, v = valueSint, zigzag(n)
	}
	var body [1 + binary.MaxVarintLen64]byte
	return bytesField(dst, layerValue, field(body[:0], tag, v))
}

// AppendDouble appends a number, given by its bits, as a layer holds it among its values.
func AppendDouble(dst []byte, bits uint64) []byte {
	dst = field(dst, layerValue, 9)
	return binary.LittleEndian.AppendUint64(append(dst, valueDouble), bits)
}

// AppendBool appends yes or no as a layer holds it among its values.
func AppendBool(dst []byte, yes bool) []byte {
	dst = field(dst, layerValue, 2)
	if yes {
		return append(dst, valueBool, 1)
	}
	return append(dst, valueBool, 0)
}
