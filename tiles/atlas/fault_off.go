//go:build !fault

package atlas

// faultPoint is where tests built with the tag fault kill the process; here it is nothing.
func faultPoint(string) {}
