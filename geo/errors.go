package geo

import (
	"errors"
	"fmt"
)

// Code says what kind of fault an [Error] is. The HTTP status and the exit code follow from it.
type Code string

// The codes, with the HTTP status that api gives each.
const (
	CodeInvalid     Code = "invalid"               // 400: the request is wrong; Fields name where
	CodeNobody      Code = "nobody"                // 401: nobody has logged in, and somebody must
	CodeForbidden   Code = "forbidden"             // 403: not for the one who asks
	CodeNotFound    Code = "not-found"             // 404
	CodeStale       Code = "stale"                 // 412: the caller edited an older version
	CodeUnnamed     Code = "precondition-required" // 428: the caller does not say which version he edited
	CodeConflict    Code = "conflict"              // 409: it contradicts what is stored
	CodeRefused     Code = "refused"               // 422: understood, and not allowed in
	CodeTooLarge    Code = "too-large"             // 413
	CodeTooMany     Code = "too-many"              // 429: too often; later
	CodeUnavailable Code = "unavailable"           // 503: try again later
	CodeInternal    Code = "internal"              // 500
)

// Field names one part of the input that is wrong: a query parameter, a column, a row.
type Field struct {
	Name   string
	Detail string
}

// Error is a fault with a sentence for the person (Msg) and a cause for the log, which never leaves the process.
type Error struct {
	Code   Code
	Msg    string
	Fields []Field
	cause  error
}

// Error gives the sentence for the person, then the cause: it is for logs and the command line, not for HTTP bodies.
func (e *Error) Error() string {
	if e.cause == nil {
		return e.Msg
	}
	return e.Msg + ": " + e.cause.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// Errorf makes an [Error] without a cause.
func Errorf(code Code, format string, args ...any) error {
	return &Error{Code: code, Msg: fmt.Sprintf(format, args...)}
}

// Wrapf makes an [Error] around a cause.
func Wrapf(cause error, code Code, format string, args ...any) error {
	return &Error{Code: code, Msg: fmt.Sprintf(format, args...), cause: cause}
}

// InvalidField is an [Error] of [CodeInvalid] about one named part of the input.
func InvalidField(name, format string, args ...any) error {
	return FieldErrorf(CodeInvalid, name, format, args...)
}

// FieldErrorf is an [Error] about one named part of the input.
func FieldErrorf(code Code, name, format string, args ...any) error {
	detail := fmt.Sprintf(format, args...)
	return &Error{Code: code, Msg: name + ": " + detail, Fields: []Field{{Name: name, Detail: detail}}}
}

// AtField says which part of the input an error is about, where it does not say so itself: who looks a thing up does not know what the
// caller calls it. What is no [Error], and a fault of ours, is given back as it is.
func AtField(err error, name string) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || len(e.Fields) > 0 || e.Code == CodeUnavailable || e.Code == CodeInternal {
		return err
	}
	return &Error{Code: e.Code, Msg: e.Msg, Fields: []Field{{Name: name, Detail: e.Msg}}, cause: err}
}

// NotFoundField is an [Error] of [CodeNotFound] about one named part of the input: there is nothing that it names.
func NotFoundField(name, format string, args ...any) error {
	detail := fmt.Sprintf(format, args...)
	return &Error{Code: CodeNotFound, Msg: name + ": " + detail, Fields: []Field{{Name: name, Detail: detail}}}
}

// CodeOf gives the code of the first [Error] in the chain, [CodeInternal] when there is none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}
