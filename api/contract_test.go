package api_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// contract is openapi.yaml, read once and closed: what it does not name is a fault.
var contract = sync.OnceValues(func() (routers.Router, error) {
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		return nil, err
	}
	return contractFrom(text)
})

func contractFrom(text []byte) (routers.Router, error) {
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	closed := closer{}
	for _, s := range doc.Components.Schemas {
		closed.schema(s)
	}
	for _, r := range doc.Components.Responses {
		closed.content(r.Value.Content)
	}
	for _, path := range doc.Paths.Map() {
		for _, op := range path.Operations() {
			if op.RequestBody != nil {
				closed.content(op.RequestBody.Value.Content)
			}
			for _, r := range op.Responses.Map() {
				closed.content(r.Value.Content)
			}
		}
	}
	return gorillamux.NewRouter(doc)
}

// closer makes the objects of a document refuse members that it does not name. A sum of objects (allOf) becomes the one object
// that it describes, for each part would refuse the members of the others.
type closer map[*openapi3.Schema]bool

func (c closer) content(content openapi3.Content) {
	for _, media := range content {
		c.schema(media.Schema)
	}
}

func (c closer) schema(refs ...*openapi3.SchemaRef) {
	for _, ref := range refs {
		if ref == nil || c[ref.Value] {
			continue
		}
		s := ref.Value
		c[s] = true
		c.schema(s.AllOf...)
		c.schema(s.OneOf...)
		c.schema(s.AnyOf...)
		c.schema(s.Items)
		for _, p := range s.Properties {
			c.schema(p)
		}
		c.schema(s.AdditionalProperties.Schema)
		sum(s)
		if len(s.Properties) > 0 && s.AdditionalProperties.Has == nil && s.AdditionalProperties.Schema == nil {
			s.AdditionalProperties.Has = new(false)
		}
	}
}

func sum(s *openapi3.Schema) {
	for _, part := range s.AllOf {
		if len(part.Value.Properties) == 0 {
			return // no object: it stays as it is
		}
	}
	properties := openapi3.Schemas{}
	for _, part := range s.AllOf {
		for name, p := range part.Value.Properties {
			properties[name] = p
		}
		s.Required = append(s.Required, part.Value.Required...)
		s.Type = &openapi3.Types{"object"}
	}
	for name, p := range s.Properties {
		properties[name] = p
	}
	s.AllOf, s.Properties = nil, properties
}

// exchange is one request with its answer.
type exchange struct {
	req    *http.Request
	sent   []byte
	status int
	header http.Header
	body   []byte
}

// underContract tells which resources openapi.yaml speaks of.
func underContract(path string) bool {
	return strings.HasPrefix(path, "/api/v1/") || strings.HasPrefix(path, "/problems/") || path == "/healthz" || path == "/readyz"
}

// keep tells how an exchange departs from the contract. An answer must be described, with its status, media type and members; a
// request that was answered must be allowed, with all its parameters.
func keep(contract routers.Router, x exchange) error {
	route, vars, err := contract.FindRoute(x.req)
	if err != nil {
		want := http.StatusNotFound
		if errors.Is(err, routers.ErrMethodNotAllowed) {
			want = http.StatusMethodNotAllowed
		}
		if x.req.Method == http.MethodHead { // stands beside every GET
			get := x.req.Clone(x.req.Context())
			get.Method = http.MethodGet
			return keep(contract, exchange{req: get, status: x.status, header: x.header, body: nil})
		}
		if x.status != want {
			return fmt.Errorf("api/openapi.yaml has no such resource, but it answers %d: describe it there", x.status)
		}
		return nil
	}
	asked := &openapi3filter.RequestValidationInput{
		Request: x.req, PathParams: vars, Route: route, QueryParams: x.req.URL.Query(),
		// Who may is looked at by TestAccessTable.
		Options: &openapi3filter.Options{SkipSettingDefaults: true, MultiError: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	if x.status < 300 {
		for name := range asked.QueryParams {
			if route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
				return fmt.Errorf("the parameter %s is not described in api/openapi.yaml", name)
			}
		}
		x.req.Body = io.NopCloser(bytes.NewReader(x.sent))
		if err := openapi3filter.ValidateRequest(x.req.Context(), asked); err != nil {
			return fmt.Errorf("by api/openapi.yaml the request is not valid, but it is answered: %w", err)
		}
	}
	got := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: asked, Status: x.status, Header: x.header,
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true, ExcludeResponseBody: len(x.body) == 0},
	}
	got.SetBodyBytes(x.body)
	if err := openapi3filter.ValidateResponse(x.req.Context(), got); err != nil {
		return fmt.Errorf("the answer %d is not what api/openapi.yaml describes: %w", x.status, err)
	}
	return nil
}

// underTest holds an exchange against the contract; the helpers that send requests call it.
func underTest(t *testing.T, x exchange) {
	t.Helper()
	if !underContract(x.req.URL.Path) {
		return
	}
	c, err := contract()
	if err != nil {
		t.Fatalf("api/openapi.yaml: %v", err)
	}
	if err := keep(c, x); err != nil {
		t.Errorf("%s %s: %v", x.req.Method, x.req.URL, err)
	}
}

// The contract is served as it is, in both forms, with the media types that clients ask for.
func TestContractIsServed(t *testing.T) {
	t.Parallel()
	srv := serve(t, nothing)
	for path, mediaType := range map[string]string{
		"/api/v1/openapi.yaml": "application/vnd.oai.openapi;version=3.0",
		"/api/v1/openapi.json": "application/vnd.oai.openapi+json;version=3.0",
	} {
		resp, err := srv.Client().Get(srv.URL + path) //nolint:noctx // the server is the test's own
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		doc, err := openapi3.NewLoader().LoadFromData(body)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if err := doc.Validate(t.Context()); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if got := resp.Header.Get("Content-Type"); got != mediaType {
			t.Errorf("%s is %q, want %q", path, got, mediaType)
		}
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+path, http.NoBody)
		req.RequestURI = ""
		req.Header.Set("If-None-Match", resp.Header.Get("ETag"))
		again, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = again.Body.Close()
		if again.StatusCode != http.StatusNotModified {
			t.Errorf("%s again: status %d, want 304", path, again.StatusCode)
		}
	}
}

// What departs from the contract is found: the tests of all resources lean on it.
func TestContractIsKept(t *testing.T) {
	t.Parallel()
	c, err := contractFrom([]byte(`
openapi: 3.0.3
info: { title: t, version: "1" }
paths:
  /api/v1/things/{id}:
    get:
      parameters:
        - { name: id, in: path, required: true, schema: { type: integer } }
        - { name: limit, in: query, schema: { type: integer, maximum: 5 } }
      responses:
        "200": { description: ok, content: { application/json: { schema: { $ref: "#/components/schemas/Thing" } } } }
        "400": { description: bad, content: { application/problem+json: { schema: { type: object, required: [status], properties: { status: { type: integer } } } } } }
components:
  schemas:
    Head: { type: object, required: [as_of], properties: { as_of: { type: string, format: date } } }
    Part: { type: object, required: [id], properties: { id: { type: integer } } }
    Thing:
      allOf:
        - { $ref: "#/components/schemas/Head" }
        - type: object
          required: [parts, none]
          properties:
            parts: { type: array, items: { $ref: "#/components/schemas/Part" } }
            none: { nullable: true, allOf: [{ $ref: "#/components/schemas/Part" }] }
`))
	if err != nil {
		t.Fatal(err)
	}
	const good = `{"as_of":"2018-01-01","parts":[{"id":1}],"none":null}`
	tests := []struct {
		name, method, path string
		status             int
		mediaType, body    string
		want               string // in the fault; "" is none
	}{
		{"as described", "GET", "/api/v1/things/1?limit=5", 200, "application/json", good, ""},
		{"its head alone", "HEAD", "/api/v1/things/1", 200, "application/json", "", ""},
		{"refused as described", "GET", "/api/v1/things/1?limit=9&x=1", 400, "application/problem+json", `{"status":400}`, ""},
		{"nothing there", "GET", "/api/v1/other", 404, "application/problem+json", `{"status":404}`, ""},
		{"method refused", "POST", "/api/v1/things/1", 405, "application/problem+json", `{"status":405}`, ""},
		{"a resource that is not described", "GET", "/api/v1/other", 200, "application/json", good, "no such resource"},
		{"a method that is not described", "POST", "/api/v1/things/1", 200, "application/json", good, "no such resource"},
		{"a parameter that is not described", "GET", "/api/v1/things/1?x=1", 200, "application/json", good, "parameter x"},
		{"a parameter past its limit", "GET", "/api/v1/things/1?limit=6", 200, "application/json", good, "is not valid"},
		{"a status that is not described", "GET", "/api/v1/things/1", 404, "application/problem+json", `{"status":404}`, "status is not supported"},
		{"another media type", "GET", "/api/v1/things/1", 200, "text/csv", good, "text/csv"},
		{"a further member", "GET", "/api/v1/things/1", 200, "application/json", `{"as_of":"2018-01-01","parts":[],"none":null,"more":1}`, `"more" is unsupported`},
		{"a further member within", "GET", "/api/v1/things/1", 200, "application/json", `{"as_of":"2018-01-01","parts":[{"id":1,"more":1}],"none":null}`, `"more" is unsupported`},
		{"a further member where null may be", "GET", "/api/v1/things/1", 200, "application/json", `{"as_of":"2018-01-01","parts":[],"none":{"id":1,"more":1}}`, `"more" is unsupported`},
		{"a member of the head is missing", "GET", "/api/v1/things/1", 200, "application/json", `{"parts":[],"none":null}`, `"as_of" is missing`},
		{"no list but null", "GET", "/api/v1/things/1", 200, "application/json", `{"as_of":"2018-01-01","parts":null,"none":null}`, "not nullable"},
		{"no day", "GET", "/api/v1/things/1", 200, "application/json", `{"as_of":"","parts":[],"none":null}`, "as_of"},
	}
	for _, tt := range tests {
		x := exchange{
			req: httptest.NewRequestWithContext(t.Context(), tt.method, "http://hetu.test"+tt.path, http.NoBody), status: tt.status,
			header: http.Header{"Content-Type": {tt.mediaType}}, body: []byte(tt.body),
		}
		err := keep(c, x)
		if (err == nil) != (tt.want == "") || (err != nil && !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}
