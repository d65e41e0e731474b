#!/bin/sh
#
# Installs the Pulse agent on this machine, brings it up to date, or removes it.
#
#   curl -fsSL http://pulse:7655/install.sh | sudo sh -s -- --url http://pulse:7655 --token <token>
#
# Run again without options it brings the agent up to date, with options it
# configures it anew. It needs a POSIX shell, and curl or wget.

set -eu

PRESET=''

# Every path that is written begins with this: a folder in tests, else nothing.
ROOT=${PULSE_INSTALL_ROOT:-}

NAME=pulse-agent
ACCOUNT=pulse-agent
PROGRAM=/usr/local/bin/pulse-agent
CONFIG=/etc/pulse-agent/config.yaml
# The agent may read the token and not replace it.
TOKEN_FILE=/etc/pulse-agent/token
KUBECONFIG_COPY=/etc/pulse-agent/kubeconfig
STATE=/var/lib/pulse-agent
LOG=/var/log/pulse-agent.log

say() { printf '%s\n' "$*"; }
warn() { printf 'Note: %s\n' "$*" >&2; }
die() {
	printf 'Error: %s\n' "$*" >&2
	exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# quietly runs what may fail because there is nothing to do.
quietly() { "$@" >/dev/null 2>&1 || true; }

usage() {
	cat <<'TEXT'
Installs the Pulse agent, brings it up to date, or removes it.

  --url URL              address of the hub, also PULSE_URL
  --token TOKEN          API token, also PULSE_TOKEN
  --token-file FILE      file with the API token, which then is in no command line
  --interval DURATION    time between reports, such as 30s
  --enable-host, --disable-host              report this machine (default: on)
  --enable-docker, --disable-docker          report containers (default: when Docker or Podman answers)
  --enable-kubernetes, --disable-kubernetes  report a cluster (default: when there is a kubeconfig)
  --kubeconfig FILE      kubeconfig of the cluster; implies --enable-kubernetes
  --enable-proxmox, --disable-proxmox        make Proxmox known to the hub (default: when it is installed)
  --proxmox-type TYPE    pve or pbs (default: what is installed)
  --agent-id ID          id to report under instead of the machine's
  --disk-exclude PATTERN mount point to leave out: path, prefix* or *contains* (repeatable)
  --insecure             do not verify the hub's certificate
  --enable-smart         grant what SMART, mdadm and power figures need, which is nearly root
  --enable-commands      let the hub run commands on this machine, as root
  --disable-auto-update  never replace the program by a newer one
  --uninstall            remove the agent; with --url and --token also from the hub
  --help                 this text
TEXT
}
