// Package project is the life of a boundary project 划界项目, from the first draft to the announcement: what it holds, which moves
// its status makes and who may make them, how two planners' commits are brought together, and what an announced line replaces.
//
// A project has revisions, counted from 1 without a gap: its creation, every edit of its particulars, every commit of lines and
// every move of its status is one. Who writes says on which revision he built. A commit that was built on an older one is taken when
// no range that it touches was touched since; else it is refused, with what he built on and what stands there now ([Stale]).
//
// Nothing here does I/O.
package project
