package sandbox

import (
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// ordinary is what programs read to find hosts, to trust them and to tell the
// time there, on the usual distributions. None of it is about this hub.
func ordinary() []string {
	return []string{
		// Whom to trust.
		"/etc/ssl/cert.pem", "/etc/ssl/certs", "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/certs", "/etc/pki/tls/cacert.pem",
		"/etc/pki/ca-trust/extracted", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
		"/usr/share/pki/ca-trust-source", "/var/lib/ca-certificates",
		// How names become addresses. systemd replaces its files there, so the folder is named.
		"/etc/resolv.conf", "/run/systemd/resolve", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf",
		"/etc/services", "/etc/protocols",
		// What the time is elsewhere.
		"/usr/share/zoneinfo", "/etc/localtime", "/etc/timezone",
		// What language runtimes ask for when they start.
		"/dev/urandom", "/dev/random", "/dev/zero", "/sys/kernel/mm/transparent_hugepage",
	}
}

// programs is where executables and what they load lie, for plugins that may run some.
func programs() []string {
	return []string{"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib32",
		"/usr/lib64", "/usr/libexec", "/usr/local/bin", "/usr/local/lib", "/etc/ld.so.cache"}
}

// trusted returns the certificates that the environment points to.
func trusted(env []string) []string {
	var paths []string
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		switch name {
		case "SSL_CERT_FILE":
			paths = append(paths, value)
		case "SSL_CERT_DIR":
			paths = append(paths, filepath.SplitList(value)...)
		}
	}
	return absolute(paths)
}

// absolute returns the absolute ones of the paths, cleaned. Others mean
// nothing to a process whose working directory is its data folder.
func absolute(paths []string) []string {
	var kept []string
	for _, p := range paths {
		if path.IsAbs(p) {
			kept = append(kept, path.Clean(p))
		}
	}
	return kept
}

// common returns what is in both lists, in the order of the first.
func common(a, b []string) []string {
	var both []string
	for _, element := range a {
		if slices.Contains(b, element) {
			both = append(both, element)
		}
	}
	return both
}
