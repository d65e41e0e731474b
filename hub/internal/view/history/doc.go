// Package history renders stored series in the shapes of the charts and
// metrics-store endpoints.
//
// On the wire ratios are percent from 0 to 100, rates bytes per second, and
// times Unix milliseconds that are multiples of 1000, except for the storage
// charts, which have RFC 3339.
package history
