# The account, the configuration and the token.

# make_account: a user of its own, who may nothing.
make_account() {
	id "$ACCOUNT" >/dev/null 2>&1 && return
	if has useradd; then
		useradd --system --user-group --home-dir "$STATE" --no-create-home --shell /usr/sbin/nologin "$ACCOUNT"
	elif has pw; then
		pw useradd "$ACCOUNT" -d "$STATE" -s /usr/sbin/nologin -c "Pulse agent"
	else
		addgroup -S "$ACCOUNT" 2>/dev/null || true
		adduser -S -D -H -h "$STATE" -s /sbin/nologin -G "$ACCOUNT" "$ACCOUNT"
	fi
}

# has_group NAME
has_group() {
	if has getent; then getent group "$1" >/dev/null; else grep -q "^$1:" "$ROOT/etc/group"; fi
}

# container_group: the group that may speak to Docker. It may do anything on the
# machine, and so the account is in no such group unless containers are reported.
container_group() {
	[ "$DOCKER" = yes ] || return 0
	for group in docker podman; do
		if has_group "$group"; then
			printf '%s' "$group"
			return
		fi
	done
}

# join_group GROUP: for service managers that give no groups themselves.
join_group() {
	[ -n "$1" ] || return 0
	if has usermod; then
		usermod -a -G "$1" "$ACCOUNT"
	elif has pw; then
		pw groupmod "$1" -m "$ACCOUNT"
	else
		addgroup "$ACCOUNT" "$1"
	fi
}

# quote TEXT: as YAML has texts.
quote() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/''/g")"; }

entry() {
	if [ -n "$2" ]; then printf '%s: %s\n' "$1" "$(quote "$2")"; fi
}

flag() {
	case $2 in
	yes) printf '%s: true\n' "$1" ;;
	no) printf '%s: false\n' "$1" ;;
	esac
}

configuration() {
	echo "# Written by the installer of the Pulse agent; running it with options writes it anew."
	echo "# installer: smart=$SMART kubeconfig=$KUBECONFIG_FILE"
	entry url "$URL"
	entry token-file "$TOKEN_FILE"
	entry state-dir "$STATE"
	entry interval "$INTERVAL"
	flag enable-host "$HOST"
	flag enable-docker "$DOCKER"
	flag enable-kubernetes "$KUBERNETES"
	if [ "$KUBERNETES" = yes ] && [ -n "$KUBECONFIG_FILE" ]; then entry kubeconfig "$KUBECONFIG_COPY"; fi
	flag enable-proxmox "$PROXMOX"
	entry proxmox-type "$PROXMOX_TYPE"
	entry agent-id "$AGENT_ID"
	if [ -n "$DISK_EXCLUDE" ]; then
		echo "disk-exclude:"
		printf '%s' "$DISK_EXCLUDE" | while IFS= read -r pattern; do printf '  - %s\n' "$(quote "$pattern")"; done
	fi
	flag insecure "$INSECURE"
	flag enable-commands "$COMMANDS"
	if [ "$AUTO_UPDATE" = no ]; then flag disable-auto-update yes; fi
}

# write_configuration USER: what the user may read, and others may not.
write_configuration() {
	mkdir -p "$ROOT$STATE"
	chmod 0750 "$ROOT$STATE"
	# Never through a link that the user may have put there.
	chown -R -h "$1" "$ROOT$STATE"
	[ "$KEEP" = no ] || return 0
	configuration | put "$CONFIG" 0640
	if [ -n "$TOKEN" ]; then printf '%s\n' "$TOKEN" | put "$TOKEN_FILE" 0640; fi
	if [ "$KUBERNETES" = yes ] && [ -n "$KUBECONFIG_FILE" ]; then put "$KUBECONFIG_COPY" 0640 <"$ROOT$KUBECONFIG_FILE"; fi
	for file in "$CONFIG" "$TOKEN_FILE" "$KUBECONFIG_COPY"; do
		if [ -e "$ROOT$file" ] && [ "$1" != root ]; then chown "root:$1" "$ROOT$file"; fi
	done
}

# setting NAME: what the configuration says.
setting() {
	sed -n "s/^$1: *//p" "$ROOT$CONFIG" | sed "s/^'\(.*\)'\$/\1/; s/''/'/g" | head -n 1
}

# answer NAME DEFAULT: yes or no, as the configuration says.
answer() {
	case $(setting "$1") in
	true) echo yes ;;
	false) echo no ;;
	*) echo "$2" ;;
	esac
}

# recall takes over what was configured before.
recall() {
	KEEP=yes
	URL=$(setting url)
	INSECURE=$(answer insecure no)
	HOST=$(answer enable-host yes)
	DOCKER=$(answer enable-docker no)
	KUBERNETES=$(answer enable-kubernetes no)
	PROXMOX=$(answer enable-proxmox no)
	COMMANDS=$(answer enable-commands no)
	if [ "$(answer disable-auto-update no)" = yes ]; then AUTO_UPDATE=no; fi
	SMART=$(sed -n 's/^# installer: smart=\([a-z]*\) .*/\1/p' "$ROOT$CONFIG")
	KUBECONFIG_FILE=$(sed -n 's/^# installer: .* kubeconfig=//p' "$ROOT$CONFIG")
}
