//go:build !fault

package pmtiles

// faultPoint is where tests built with the tag fault kill the process; here it is nothing.
func faultPoint(string) {}
