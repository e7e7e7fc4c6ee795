package api

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/gorilla/mux"

	"hetu/geo"
	"hetu/geo/project"
)

// Files keeps the files of documents by the SHA-256 of what is in them; data/files has it.
type Files interface {
	// Keep reads a file to its end and gives its hash. One that is larger than limit is geo.CodeTooLarge, and nothing of it is kept.
	Keep(ctx context.Context, r io.Reader, limit int64) (sha256 string, size int64, err error)
	// Open gives a file; geo.CodeNotFound when there is none of that hash.
	Open(ctx context.Context, sha256 string) (io.ReadSeekCloser, error)
	// Remove takes a file away that nothing names any more; that there is none of that hash is no error.
	Remove(ctx context.Context, sha256 string) error
}

// maxFileBytes bounds a document's file.
const maxFileBytes = 50 << 20

func (s *server) routeDocuments(add func(method, path, name string, h handlerFunc)) {
	add(http.MethodPost, "/api/v1/documents/files", "document_file_add", s.addFile)
	add(http.MethodGet, "/api/v1/documents/files/{sha256}", "document_file", s.file)
	add(http.MethodPost, "/api/v1/documents", "document_add", s.addDocument)
	add(http.MethodGet, "/api/v1/documents/{id}", "document", s.document)
}

// fileTypes are what a document may be, by how such a file begins.
func fileTypes() map[string]string {
	return map[string]string{"application/pdf": "%PDF-", "image/png": "\x89PNG\r\n\x1a\n", "image/jpeg": "\xff\xd8\xff"}
}

func typeNames() []string { return []string{"application/pdf", "image/png", "image/jpeg"} }

// beginning hands the first bytes of a file on after a look at them.
type beginning struct {
	io.Reader
	want string
	seen int
}

// Read implements [io.Reader].
func (b *beginning) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	for i := 0; i < n && b.seen < len(b.want); i++ {
		if p[i] != b.want[b.seen] {
			return 0, geo.Errorf(geo.CodeRefused, "the file is not what its type says: it begins otherwise")
		}
		b.seen++
	}
	if err == io.EOF && b.seen < len(b.want) { //nolint:errorlint // what a Reader gives at its end is io.EOF itself
		return 0, geo.Errorf(geo.CodeRefused, "the file is not what its type says: it ends too early")
	}
	return n, err
}

// addFile serves POST /api/v1/documents/files: the file of a document, which is kept by its hash.
func (s *server) addFile(w http.ResponseWriter, r *http.Request) error {
	if _, err := parseParams(r); err != nil {
		return err
	}
	if s.Files == nil {
		return geo.Errorf(geo.CodeUnavailable, "this server keeps no files")
	}
	kind := r.Header.Get("Content-Type")
	if !slices.Contains(typeNames(), kind) {
		return &mediaTypeError{"the body's type is " + strconv.Quote(shortened(kind)) + "; send a document as application/pdf, or a picture of it", typeNames()}
	}
	by := actorOf(r.Context())
	if _, err := onceOf(r, nil); err != nil { // before all of the file is read
		return err
	}
	if err := s.Store.RoomForFile(r.Context(), by); err != nil {
		return err
	}
	var kept keptFile
	var err error
	if kept.SHA256, kept.Bytes, err = s.Files.Keep(r.Context(), &beginning{Reader: r.Body, want: fileTypes()[kind]}, maxFileBytes); err != nil {
		return err
	}
	once, err := onceOf(r, []byte(kind+" "+kept.SHA256))
	if err != nil {
		return err
	}
	replayed, err := s.Store.Once(r.Context(), by, once, &kept, func(ctx context.Context) error { return s.Store.FileSent(ctx, by, kept.SHA256, kept.Bytes) })
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/v1/documents/files/"+kept.SHA256)
	return writeDone(w, http.StatusCreated, replayed, kept)
}

// keptFile is a file as its sender is told of it.
type keptFile struct {
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// file serves GET /api/v1/documents/files/{sha256}: the file of a document that one may read, by its hash, also when the document binds nothing
// that is in force any more.
func (s *server) file(w http.ResponseWriter, r *http.Request) error {
	if _, err := parseParams(r); err != nil {
		return err
	}
	sha := mux.Vars(r)["sha256"]
	if ok, err := regexp.MatchString("^[0-9a-f]{64}$", sha); err != nil || !ok {
		return geo.NotFoundField("sha256", "%q is no SHA-256 in hexadecimal digits", shortened(sha))
	}
	if s.Files == nil {
		return geo.Errorf(geo.CodeUnavailable, "this server keeps no files")
	}
	if _, err := s.Store.Document(r.Context(), actorOf(r.Context()), 0, sha); err != nil {
		return err
	}
	f, err := s.Files.Open(r.Context(), sha)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	var head [8]byte
	n, _ := io.ReadFull(f, head[:]) //nolint:errcheck // a shorter file is of no type
	kind := "application/octet-stream"
	for name, begins := range fileTypes() {
		if n >= len(begins) && string(head[:len(begins)]) == begins {
			kind = name
		}
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'") // whatever a file holds runs nowhere
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", `"`+sha+`"`)
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil
}

// sentDocument is a document as it is filed.
type sentDocument struct {
	Kind     string `json:"kind"`
	Number   string `json:"number"`
	Title    string `json:"title"`
	Issuer   string `json:"issuer"`
	Dated    string `json:"dated"`
	SHA256   string `json:"file_sha256"`
	Division int64  `json:"division_id"`
}

func documentKinds() []string {
	return []string{"consultation", "announcement", "approval", "appointment", "notice", "article"}
}

func (b sentDocument) document() (project.Document, error) {
	d := project.Document{Kind: b.Kind, Title: b.Title, Number: orNoText(b.Number), Issuer: orNoText(b.Issuer), SHA256: orNoText(b.SHA256), Division: idOrNull(b.Division)}
	if !slices.Contains(documentKinds(), b.Kind) {
		return d, geo.InvalidField("/kind", "%q is none of %s", shortened(b.Kind), geo.Listed(documentKinds()))
	}
	if b.Division < 1 {
		return d, geo.InvalidField("/division_id", "is missing; give the division whose document it is")
	}
	for _, t := range []struct {
		at, text string
		needed   bool
	}{{"/title", b.Title, true}, {"/number", b.Number, false}, {"/issuer", b.Issuer, false}} {
		if err := textOf(t.at, t.text, maxName, t.needed); err != nil {
			return d, err
		}
	}
	if ok, err := regexp.MatchString("^([0-9a-f]{64})?$", b.SHA256); err != nil || !ok {
		return d, geo.InvalidField("/file_sha256", "is no SHA-256 in hexadecimal digits, as the upload of the file gave it")
	}
	var err error
	if b.Dated != "" {
		if d.Dated, err = geo.ParseDate(b.Dated); err != nil {
			return d, geo.InvalidField("/dated", "%v", err)
		}
	}
	return d, nil
}

func orNoText(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// documentBody is a document as it is told.
type documentBody struct {
	project.Document
	Dated *geo.Date `json:"dated"`
}

func documentOf(d project.Document) documentBody {
	b := documentBody{Document: d}
	if !d.Dated.IsZero() {
		b.Dated = &d.Dated
	}
	return b
}

// addDocument serves POST /api/v1/documents: a document is filed, with the hash of its file.
func (s *server) addDocument(w http.ResponseWriter, r *http.Request) error {
	if _, err := parseParams(r); err != nil {
		return err
	}
	var b sentDocument
	once, err := readSent(w, r, maxProjectBytes, &b)
	if err != nil {
		return err
	}
	d, err := b.document()
	if err != nil {
		return err
	}
	made, replayed, err := s.Store.AddDocument(r.Context(), actorOf(r.Context()), d, once)
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/api/v1/documents/"+strconv.FormatInt(made.ID, 10))
	return writeDone(w, http.StatusCreated, replayed, documentOf(made))
}

// document serves GET /api/v1/documents/{id}.
func (s *server) document(w http.ResponseWriter, r *http.Request) error {
	if _, err := parseParams(r); err != nil {
		return err
	}
	id, err := pathID(r, "document")
	if err != nil {
		return err
	}
	d, err := s.Store.Document(r.Context(), actorOf(r.Context()), max(id, 1), "")
	if err != nil {
		return err
	}
	return writePrivate(w, http.StatusOK, documentOf(d))
}
