// Package dem reads digital elevation models 数字高程模型 out of files, GeoTIFF and Arc/Info ASCII grids. The file is a stranger's: it goes through a
// GDAL child that knows these two drivers, has no network, little memory and little time, and comes back as text, which is read with limits.
package dem
