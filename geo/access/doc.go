// Package access is who may do what: roles, grants within divisions, and the policy of every route. It is pure; the database holds the
// grants and looks at them once more in the transaction that writes.
package access
