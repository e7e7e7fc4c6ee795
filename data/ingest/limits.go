package ingest

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
