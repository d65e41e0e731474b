// Package proxmoxapi reads the HTTP API that Proxmox VE, Proxmox Backup Server
// and Proxmox Mail Gateway have in common.
//
// It logs in, pins certificates, bounds what it asks and what it reads, moves
// on to another member of a cluster when one does not answer, and turns every
// failure into a fault.Error whose code says what went wrong. What the answers
// mean is for the plugins.
//
// The API is described at https://pve.proxmox.com/pve-docs/api-viewer/,
// https://pbs.proxmox.com/docs/api-viewer/ and
// https://pmg.proxmox.com/pmg-docs/api-viewer/.
package proxmoxapi
