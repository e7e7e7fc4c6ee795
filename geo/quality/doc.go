// Package quality tells the water-quality class 水质类别 of samples and how sections stand against their targets. A sample is
// as good as its worst indicator (the single-factor rule 单因子评价, domain 4.6); limits are data of a profile, never of this
// code. Nothing here does I/O.
package quality
