# What this machine is.

# target: the name under which the hub has the program for it.
target() {
	case $(uname -s) in
	Linux) os=linux ;;
	Darwin) os=darwin ;;
	FreeBSD) os=freebsd ;;
	*) die "there is no agent for $(uname -s)" ;;
	esac
	case $(uname -m) in
	x86_64 | amd64) arch=amd64 ;;
	aarch64 | arm64 | armv8*) arch=arm64 ;;
	armv7*) arch=armv7 ;;
	armv6*) arch=armv6 ;;
	i386 | i486 | i586 | i686) arch=386 ;;
	*) die "there is no agent for $(uname -m)" ;;
	esac
	printf '%s-%s' "$os" "$arch"
}

# service_manager: who starts services here. Appliances come first, for they
# hold a common service manager that forgets what is put into it.
service_manager() {
	case $(uname -s) in
	Darwin) echo launchd && return ;;
	FreeBSD) echo rcd && return ;;
	esac
	if [ -f "$ROOT/etc/unraid-version" ]; then
		echo unraid
	elif [ -f "$ROOT/etc.defaults/VERSION" ]; then
		if grep -q '^majorversion="6"' "$ROOT/etc.defaults/VERSION"; then echo upstart; else echo synology; fi
	elif grep -qi truenas "$ROOT/etc/version" 2>/dev/null; then
		echo truenas
	elif [ -d "$ROOT/run/systemd/system" ]; then
		echo systemd
	elif has rc-service && [ -d "$ROOT/etc/init.d" ]; then
		echo openrc
	elif [ -d "$ROOT/etc/init.d" ]; then
		echo sysv
	else
		echo none
	fi
}

has_containers() {
	{ has docker && docker info >/dev/null 2>&1; } || { has podman && podman info >/dev/null 2>&1; }
}

# kubeconfig: the first one there is.
kubeconfig() {
	for file in "${KUBECONFIG:-}" "${HOME:-/root}/.kube/config" /etc/rancher/k3s/k3s.yaml /etc/rancher/rke2/rke2.yaml /etc/kubernetes/admin.conf; do
		if [ -n "$file" ] && [ -r "$ROOT$file" ]; then
			printf '%s' "$file"
			return
		fi
	done
}

in_cluster() { [ -r "$ROOT/var/run/secrets/kubernetes.io/serviceaccount/token" ]; }

has_proxmox() {
	[ -d "$ROOT/etc/pve" ] || [ -d "$ROOT/etc/proxmox-backup" ] || has pveversion || has proxmox-backup-manager
}

# detect settles what was left open.
detect() {
	if [ "$DOCKER" = auto ]; then
		DOCKER=no
		if has_containers; then DOCKER=yes; fi
	fi
	if [ "$KUBERNETES" != no ] && [ -z "$KUBECONFIG_FILE" ]; then
		KUBECONFIG_FILE=$(kubeconfig)
	fi
	if [ "$KUBERNETES" = auto ]; then
		KUBERNETES=no
		if [ -n "$KUBECONFIG_FILE" ] || in_cluster; then KUBERNETES=yes; fi
	fi
	if [ "$PROXMOX" = auto ]; then
		PROXMOX=no
		if has_proxmox; then PROXMOX=yes; fi
	fi
}
