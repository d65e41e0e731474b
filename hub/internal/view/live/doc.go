// Package live works out what a page has to be told after a change: which
// resources are new, what has changed in the others, which are gone.
package live
