package pmtiles

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// Verify checks that the whole archive is laid out as [Writer] lays it out: the header tells the truth, the ids rise through all
// directories, every tile of a length stands where the one before it ends or is one that was there, runs are joined, the
// metadata name their layers. It reads directories and metadata, not the tiles.
func (a *Archive) Verify() error {
	if a.Root.Offset != headerSize || a.Data.Offset != frontSize || a.Metadata.Offset != a.Data.end() || a.Leaves.Offset != a.Metadata.end() || a.Leaves.end() != a.size {
		return fmt.Errorf("the parts of the archive do not follow each other: root %v, metadata %v, leaves %v, tiles %v of %d bytes", a.Root, a.Metadata, a.Leaves, a.Data, a.size)
	}
	if !a.Clustered || a.Inner != Gzip || a.Outer != Gzip || a.Type != typeMVT {
		return fmt.Errorf("the header says clustered %v, compressions %d and %d, type %d", a.Clustered, a.Inner, a.Outer, a.Type)
	}
	if err := a.verifyTiles(); err != nil {
		return err
	}
	if b := a.Bounds; b.West >= b.East || b.South >= b.North || math.Abs(b.West) > 180 || math.Abs(b.East) > 180 || !b.Contains(a.CenterLon, a.CenterLat) {
		return fmt.Errorf("the archive's bounds are %v about %v, %v", b, a.CenterLon, a.CenterLat)
	}
	if a.CenterZoom < a.MinZoom || a.CenterZoom > a.MaxZoom {
		return fmt.Errorf("the archive's middle zoom %d is not between %d and %d", a.CenterZoom, a.MinZoom, a.MaxZoom)
	}
	text, err := a.JSON()
	if err != nil {
		return err
	}
	var metadata struct {
		VectorLayers []json.RawMessage `json:"vector_layers"`
	}
	if err = json.Unmarshal(text, &metadata); err != nil {
		return fmt.Errorf("read the archive's metadata: %w", err)
	}
	if len(metadata.VectorLayers) == 0 {
		return errors.New("the archive's metadata name no layers")
	}
	return nil
}

// verifyTiles goes through all entries once.
func (a *Archive) verifyTiles() error {
	var entries, addressed, contents, end uint64
	var first, last Entry
	for e, err := range a.All() {
		if err != nil {
			return err
		}
		switch {
		case entries > 0 && e.ID < last.ID+uint64(last.Run):
			return fmt.Errorf("tile %d stands after tile %d", e.ID, last.ID)
		case entries > 0 && e.follows(last):
			return fmt.Errorf("the run of equal tiles at %d is broken at %d", last.ID, e.ID)
		case e.Offset == end:
			end += uint64(e.Length)
			contents++
		case e.Offset > end || e.Offset+uint64(e.Length) > end:
			return fmt.Errorf("tile %d stands at %d, the tiles before it end at %d", e.ID, e.Offset, end)
		}
		if entries == 0 {
			first = e
		}
		entries, addressed, last = entries+1, addressed+uint64(e.Run), e
	}
	if entries != a.Entries || addressed != a.Addressed || contents != a.Contents || end != a.Data.Length {
		return fmt.Errorf("the header counts %d entries, %d tiles, %d different in %d bytes; there are %d, %d, %d in %d",
			a.Entries, a.Addressed, a.Contents, a.Data.Length, entries, addressed, contents, end)
	}
	if from, to := zoomOf(first.ID), zoomOf(last.ID+uint64(last.Run)-1); from != a.MinZoom || to != a.MaxZoom {
		return fmt.Errorf("the header says zooms %d to %d; there are %d to %d", a.MinZoom, a.MaxZoom, from, to)
	}
	return nil
}
