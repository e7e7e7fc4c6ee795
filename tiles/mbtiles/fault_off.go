//go:build !fault

package mbtiles

// faultPoint is where tests built with the tag fault kill the process; here it is nothing.
func faultPoint(string) {}
