# Proxmox, the agents of earlier versions, and removal.

# register_proxmox makes Proxmox known to the hub, once. It needs root, which the agent has only here.
register_proxmox() {
	[ "$PROXMOX" = yes ] || return 0
	"$ROOT$PROGRAM" register --config "$ROOT$CONFIG" ||
		warn "Proxmox could not be made known to the hub; to try again: $PROGRAM register --config $CONFIG"
}

# remove_legacy removes the agents of earlier versions, which report the same.
remove_legacy() {
	for old in pulse-host-agent pulse-docker-agent; do
		[ -e "$ROOT/usr/local/bin/$old" ] || [ -e "$ROOT$UNITS/$old.service" ] || [ -e "$ROOT/etc/init.d/$old" ] || continue
		say "Removing $old of an earlier version"
		if has systemctl; then quietly systemctl disable --now "$old.service"; fi
		if has rc-service; then quietly rc-service "$old" stop; fi
		rm -f "$ROOT/usr/local/bin/$old" "$ROOT$UNITS/$old.service" "$ROOT/etc/init.d/$old"
	done
	if has launchctl && [ -e "$ROOT/Library/LaunchDaemons/com.pulse.host-agent.plist" ]; then
		quietly launchctl bootout system/com.pulse.host-agent
		rm -f "$ROOT/Library/LaunchDaemons/com.pulse.host-agent.plist"
	fi
}

# unregister takes this machine off the hub's list. The token goes through
# standard input, for arguments are shown to every user.
unregister() {
	if [ -z "$URL" ] || [ -z "$TOKEN" ]; then return 0; fi
	if [ -z "$AGENT_ID" ] && [ -r "$ROOT$STATE/agent-id" ]; then AGENT_ID=$(head -n 1 "$ROOT$STATE/agent-id"); fi
	case $AGENT_ID in
	'' | *[!A-Za-z0-9._:-]*)
		warn "the id of this agent is not known: remove it on the hub's page"
		return 0
		;;
	esac
	if ! has curl; then
		warn "curl is missing: remove this machine on the hub's page"
		return 0
	fi
	set -- -fsS --max-time 15 -o /dev/null -K -
	if [ "$INSECURE" = yes ]; then set -- "$@" -k; fi
	if printf 'header = "X-API-Token: %s"\n' "$TOKEN" |
		curl "$@" -H 'Content-Type: application/json' -d "{\"hostId\":\"$AGENT_ID\"}" "$URL/api/agents/host/uninstall"; then
		say "The hub has forgotten this machine."
	else
		warn "the hub did not answer: remove this machine on its page"
	fi
}

remove_account() {
	id "$ACCOUNT" >/dev/null 2>&1 || return 0
	if has userdel; then
		quietly userdel "$ACCOUNT"
	elif has pw; then
		quietly pw userdel "$ACCOUNT"
	else
		quietly deluser "$ACCOUNT"
	fi
}

uninstall() {
	unregister
	case $MANAGER in
	synology) uninstall_systemd ;;
	none) ;;
	*) "uninstall_$MANAGER" ;;
	esac
	remove_legacy
	for folder in /etc/periodic/hourly /etc/cron.hourly; do rm -f "$ROOT$folder/$NAME-update"; done
	for file in "$PROGRAM" "$PROGRAM.backup" "$(dirname "$PROGRAM")/.pulse-update-info" "$LOG"; do rm -f "$ROOT$file"; done
	rm -rf "$ROOT/etc/pulse-agent" "${ROOT:?}$STATE"
	remove_account
	say "The Pulse agent is removed."
}
