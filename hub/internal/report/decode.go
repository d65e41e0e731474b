package report

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	wire "github.com/pulse-hub/pulse/agent/report"
)

// Reasons why a body is not read.
var (
	// ErrEncoding: it is compressed in a way that the hub does not know.
	ErrEncoding = errors.New("content encoding is not supported, use gzip or none")
	// ErrTooLarge: it is larger than a report may be.
	ErrTooLarge = errors.New("report is too large")
)

// DecodeError says that a body is not the JSON of a report.
type DecodeError struct{ Reason error }

// Error returns the reason.
func (e *DecodeError) Error() string { return e.Reason.Error() }

// Unwrap returns the reason.
func (e *DecodeError) Unwrap() error { return e.Reason }

// InvalidError says which field of a report cannot be taken, and why.
type InvalidError struct{ Field, Message string }

// Error returns the message.
func (e *InvalidError) Error() string { return e.Message }

const (
	// growth is how many times larger than on the wire a report may be.
	growth = 8
	// maxBytes bounds any report, in bytes.
	maxBytes = 16 << 20
)

// Body is the body of a request with a report.
type Body struct {
	io.Reader
	// Encoding is the value of Content-Encoding.
	Encoding string
	// Limit is the most bytes it has as it is sent. Unpacked it may have eight times as many.
	Limit int64
}

// readBody reads one JSON value. Its errors are *DecodeError, ErrEncoding and ErrTooLarge.
func readBody(body Body, into any) error {
	reader := body.Reader
	switch strings.ToLower(strings.TrimSpace(body.Encoding)) {
	case "", "identity":
	case "gzip":
		unpacked, err := gzip.NewReader(reader)
		if err != nil {
			return bodyError(fmt.Errorf("unpack report: %w", err))
		}
		reader = &bounded{Reader: unpacked, left: min(growth*body.Limit, maxBytes)}
	default:
		return ErrEncoding
	}
	if err := json.NewDecoder(reader).Decode(into); err != nil {
		return bodyError(err)
	}
	return nil
}

func bodyError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) || errors.Is(err, ErrTooLarge) {
		return ErrTooLarge
	}
	return &DecodeError{err}
}

// bounded fails with ErrTooLarge once more than left bytes were read.
type bounded struct {
	io.Reader
	left int64
}

// Read is part of io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, ErrTooLarge
	}
	return n, err
}

// DecodeHost reads one host report. Its errors are *DecodeError,
// *InvalidError, ErrEncoding and ErrTooLarge.
func DecodeHost(body Body) (*wire.Host, error) {
	var report wire.Host
	if err := readBody(body, &report); err != nil {
		return nil, err
	}
	report.Host.Hostname = strings.TrimSpace(report.Host.Hostname)
	if report.Host.Hostname == "" {
		return nil, &InvalidError{"host.hostname", "host report missing hostname"}
	}
	return &report, checkHost(&report)
}

// DecodeDocker reads one Docker report. Its errors are those of DecodeHost.
func DecodeDocker(body Body) (*wire.Docker, error) {
	var report wire.Docker
	if err := readBody(body, &report); err != nil {
		return nil, err
	}
	report.Host.Hostname = strings.TrimSpace(report.Host.Hostname)
	if report.Host.Hostname == "" {
		return nil, &InvalidError{"host.hostname", "docker report missing hostname"}
	}
	report.Agent.ID, report.Host.MachineID = strings.TrimSpace(report.Agent.ID), strings.TrimSpace(report.Host.MachineID)
	if report.Agent.ID == "" && report.Host.MachineID == "" {
		return nil, &InvalidError{"agent.id", "docker report missing agent identifier"}
	}
	return &report, checkDocker(&report)
}

// DecodeKubernetes reads one Kubernetes report. Its errors are those of DecodeHost.
func DecodeKubernetes(body Body) (*wire.Kubernetes, error) {
	var report wire.Kubernetes
	if err := readBody(body, &report); err != nil {
		return nil, err
	}
	report.Agent.ID, report.Cluster.ID = strings.TrimSpace(report.Agent.ID), strings.TrimSpace(report.Cluster.ID)
	report.Cluster.Name = strings.TrimSpace(report.Cluster.Name)
	if report.Agent.ID == "" {
		if report.Agent.ID = report.Cluster.ID; report.Agent.ID == "" {
			return nil, &InvalidError{"agent.id", "kubernetes report missing agent identifier"}
		}
	}
	return &report, checkKubernetes(&report)
}

// Bounds of what one report may tell. A real machine stays far below them.
const (
	maxText    = 1024   // bytes of one name
	maxItems   = 4096   // entries of one list
	maxMembers = 20_000 // containers, pods and the like
)

type text struct{ field, value string }

type list struct {
	field          string
	length, atMost int
}

func check(texts []text, lists []list) error {
	for _, one := range texts {
		if len(one.value) > maxText {
			return &InvalidError{one.field, fmt.Sprintf("%s is longer than %d bytes", one.field, maxText)}
		}
	}
	for _, one := range lists {
		if one.length > one.atMost {
			return &InvalidError{one.field, fmt.Sprintf("%s has more than %d entries", one.field, one.atMost)}
		}
	}
	return nil
}

func checkHost(r *wire.Host) error {
	err := check([]text{
		{"host.hostname", r.Host.Hostname}, {"host.displayName", r.Host.DisplayName}, {"host.id", r.Host.ID},
		{"host.machineId", r.Host.MachineID}, {"agent.id", r.Agent.ID}, {"agent.version", r.Agent.Version},
		{"host.platform", r.Host.Platform}, {"host.osName", r.Host.OSName}, {"host.osVersion", r.Host.OSVersion},
	}, []list{
		{"disks", len(r.Disks), maxItems}, {"diskIO", len(r.DiskIO), maxItems}, {"network", len(r.Network), maxItems},
		{"raid", len(r.RAID), maxItems}, {"tags", len(r.Tags), maxItems},
		{"sensors.temperatureCelsius", len(r.Sensors.TemperatureCelsius), maxItems},
		{"sensors.powerWatts", len(r.Sensors.PowerWatts), maxItems},
	})
	if err == nil && r.Ceph != nil && strings.TrimSpace(r.Ceph.FSID) == "" {
		err = &InvalidError{"ceph.fsid", "ceph report missing fsid"}
	}
	return err
}

func checkDocker(r *wire.Docker) error {
	return check([]text{
		{"host.hostname", r.Host.Hostname}, {"host.name", r.Host.Name}, {"host.machineId", r.Host.MachineID},
		{"agent.id", r.Agent.ID}, {"agent.version", r.Agent.Version}, {"host.os", r.Host.OS},
	}, []list{
		{"containers", len(r.Containers), maxMembers}, {"services", len(r.Services), maxMembers},
		{"tasks", len(r.Tasks), maxMembers}, {"host.disks", len(r.Host.Disks), maxItems},
		{"host.network", len(r.Host.Network), maxItems},
	})
}

func checkKubernetes(r *wire.Kubernetes) error {
	return check([]text{
		{"cluster.id", r.Cluster.ID}, {"cluster.name", r.Cluster.Name}, {"cluster.server", r.Cluster.Server},
		{"agent.id", r.Agent.ID}, {"agent.version", r.Agent.Version},
	}, []list{
		{"nodes", len(r.Nodes), maxMembers}, {"pods", len(r.Pods), maxMembers}, {"deployments", len(r.Deployments), maxMembers},
	})
}
