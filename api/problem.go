package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"hetu/geo"
	"hetu/geo/project"
)

// problem is an RFC 9457 problem document.
type problem struct {
	Type     string         `json:"type"`
	Title    string         `json:"title"`
	Status   int            `json:"status"`
	Detail   string         `json:"detail"`
	Instance string         `json:"instance"`
	Errors   []problemField `json:"errors,omitempty"`
	Conflict *conflict      `json:"conflict,omitempty"` // of a project that was changed in the meantime

	retryS int // after how many seconds it is worth to ask again; 0: that of its status
}

type problemField struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

// handlerFunc is a handler that returns what went wrong instead of writing it.
type handlerFunc func(w http.ResponseWriter, r *http.Request) error

// handle writes a handler's error as application/problem+json. The cause is logged and never leaves the process. It is written too
// when the request's context is cancelled: net/http cancels it also for a client that only closed its own side and reads on, and
// what is not answered here net/http answers with an empty 200.
func handle(log *slog.Logger, h handlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		p := problemIn(r.Context(), err)
		p.Instance = r.URL.Path
		if m, ok := errors.AsType[*mediaTypeError](err); ok {
			w.Header().Set("Accept-Post", strings.Join(m.types, ", "))
			p = unsupportedMediaType()
			p.Instance, p.Detail = r.URL.Path, m.detail
		}
		if p.Status >= http.StatusInternalServerError {
			log.Log(r.Context(), severity(r.Context()), "request failed", slog.String("path", loggedPath(r.URL.Path)), slog.Int("status", p.Status), slog.Any("cause", err))
		}
		writeProblem(w, p)
	})
}

// severity of a failure: that a request was cancelled is its client's doing, as a rule, and nobody is to be woken for it.
func severity(ctx context.Context) slog.Level {
	if errors.Is(ctx.Err(), context.Canceled) {
		return slog.LevelDebug
	}
	return slog.LevelError
}

// problemIn is the problem of a request: what failed for no other reason than that the request was cancelled is no fault of ours.
func problemIn(ctx context.Context, err error) problem {
	p := problemOf(err)
	if p.Status == http.StatusInternalServerError && errors.Is(ctx.Err(), context.Canceled) {
		return problemOf(geo.Wrapf(err, geo.CodeUnavailable, "the request was cancelled before its answer was ready: ask again, and leave the connection open until it comes"))
	}
	return p
}

func problemOf(err error) problem {
	code := geo.CodeOf(err)
	if errors.Is(err, context.DeadlineExceeded) {
		code = geo.CodeUnavailable
	}
	p := problem{Type: "/problems/" + string(code), Title: titleOf(code), Status: statusOf(code), Detail: "something went wrong on our side; it has been logged"}
	if e, ok := errors.AsType[*geo.Error](err); ok && code != geo.CodeInternal {
		p.Detail = short(e.Msg)
		for _, f := range e.Fields {
			p.Errors = append(p.Errors, problemField{Pointer: short(f.Name), Detail: short(f.Detail)})
		}
	}
	if e, ok := errors.AsType[laterError](err); ok {
		p.retryS = e.seconds()
	}
	if stale, ok := errors.AsType[*project.Stale](err); ok {
		p.Conflict = conflictOf(stale)
	}
	return p
}

// longestDetail bounds what a problem says, in bytes: it often repeats what was asked for, which may be as long as a request.
const longestDetail = 1000

func short(s string) string {
	if len(s) <= longestDetail {
		return s
	}
	return strings.ToValidUTF8(s[:longestDetail], "") + "…"
}

func writeProblem(w http.ResponseWriter, p problem) {
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Del("ETag")
	h.Del("Content-Encoding")
	if after := p.retryAfter(); after > 0 {
		h.Set("Retry-After", strconv.Itoa(after))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="hetu"`)
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// retryAfter is after how many seconds it is worth to ask again; 0 where time changes nothing.
func (p problem) retryAfter() int {
	switch {
	case p.retryS > 0:
		return p.retryS
	case p.Status == http.StatusServiceUnavailable:
		return 2
	case p.Status == http.StatusTooManyRequests: // a login, which is locked for as long
		return 900
	default:
		return 0
	}
}

func methodNotAllowed() problem {
	return problem{Type: "/problems/method-not-allowed", Title: "Method not allowed", Status: http.StatusMethodNotAllowed}
}

func unsupportedMediaType() problem {
	return problem{Type: "/problems/unsupported-media-type", Title: "The body's type is not read", Status: http.StatusUnsupportedMediaType}
}

func statusOf(code geo.Code) int {
	switch code {
	case geo.CodeInvalid:
		return http.StatusBadRequest
	case geo.CodeNobody:
		return http.StatusUnauthorized
	case geo.CodeForbidden:
		return http.StatusForbidden
	case geo.CodeNotFound:
		return http.StatusNotFound
	case geo.CodeStale:
		return http.StatusPreconditionFailed
	case geo.CodeUnnamed:
		return http.StatusPreconditionRequired
	case geo.CodeConflict:
		return http.StatusConflict
	case geo.CodeRefused:
		return http.StatusUnprocessableEntity
	case geo.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case geo.CodeTooMany:
		return http.StatusTooManyRequests
	case geo.CodeUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

func titleOf(code geo.Code) string {
	switch code {
	case geo.CodeInvalid:
		return "The request is not valid"
	case geo.CodeNobody:
		return "Log in first"
	case geo.CodeForbidden:
		return "Not allowed"
	case geo.CodeNotFound:
		return "Not found"
	case geo.CodeUnnamed:
		return "Say which version you changed"
	case geo.CodeStale:
		return "Someone changed it in the meantime"
	case geo.CodeConflict:
		return "It contradicts what is stored"
	case geo.CodeRefused:
		return "Refused"
	case geo.CodeTooLarge:
		return "Too large"
	case geo.CodeTooMany:
		return "Too many requests"
	case geo.CodeUnavailable:
		return "Not available at the moment"
	default:
		return "Internal error"
	}
}
