package ingest

import (
	"cmp"

	"hetu/geo"
)

// The limits of what is taken in. Each has a test.
const (
	maxFile       = 2 << 30   // bytes of the file, and of all members of an archive together, counted as they are read
	maxMembers    = 50        // entries of an archive
	maxGDBMembers = 500       // those of a FileGDB, whose tables are several files each and have fixed names
	maxDirDepth   = 3         // folders above a member of an archive
	maxRatio      = 100       // of bytes read to bytes packed, after ratioFrom bytes
	ratioFrom     = 10 << 20  // a small member may pack well without being a bomb
	maxXMLDepth   = 64        // of KML, GPX and JSON
	maxXML        = 256 << 20 // bytes of one XML document
	maxRows       = 2_000_000 // of a layer
	maxVertices   = 200_000   // of one geometry, as the store has it
	maxFlat       = 60_000_000
	maxCells      = 2_000      // columns of a table
	maxParts      = 50_000     // rings and parts of one geometry
	maxRecord     = 64 << 20   // bytes of one row of a table as text
	maxTable      = 20_000_000 // cells of a table
	maxToken      = 16 << 20   // bytes of one value of a JSON document
	maxKeys       = 2_000      // members of one JSON object
	maxName       = 1_000      // characters of a name or code
	maxKey        = 2_500      // bytes of a natural key, which an index holds whole
	maxText       = 10_000     // characters of another text
	maxShown      = 1_000      // refused rows that a report lists; the count is always whole
)

// The limits of a table that is sent for a project beside those: others wait while it is read.
const (
	maxTableUnpacked = 16 << 20 // bytes of all parts of a workbook: a table of 5000 rows has a quarter of them
	tableHeadRows    = 3        // a title, and a head of two rows
)

// bounds are the limits of one file that may be narrower than those of an import, which zero is.
type bounds struct {
	rows     int   // of a layer, its head among them
	unpacked int64 // bytes of a file's parts
}

// held refuses a table of too many rows as soon as one more is seen, whatever follows.
func (b bounds) held(rows int) error {
	if most := cmp.Or(b.rows, maxRows); rows > most {
		return geo.Errorf(geo.CodeTooLarge, "the table has more than %d rows, its head and empty rows among them: take out what is not needed, or send it in parts", most)
	}
	return nil
}
