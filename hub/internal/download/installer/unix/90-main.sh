# From here on everything is known.

main() {
	MANAGER=$(service_manager)
	case $MANAGER in
	truenas) place_truenas ;;
	unraid) place_unraid ;;
	esac
	read_options "$@"
	[ -n "$ROOT" ] || [ "$(id -u)" -eq 0 ] || die "this has to run as root"
	if [ "$ACTION" = uninstall ]; then
		uninstall
		return
	fi
	[ -n "$URL" ] || die "--url is needed: the address of the hub"
	[ -n "$TOKEN" ] || [ -s "$ROOT$TOKEN_FILE" ] || die "--token is needed: make one on the hub's page"
	detect
	WORK=$(mktemp -d)
	trap 'rm -rf "$WORK"' EXIT
	download
	install_program
	remove_legacy
	"install_$MANAGER"
	conclude
}

conclude() {
	say "The Pulse agent is installed and reports to $URL."
	say "What it can and cannot see: $PROGRAM doctor --config $CONFIG"
	if [ "$SMART" = no ] && has smartctl; then
		say "SMART needs rights that are nearly root's, and is left out; --enable-smart grants them."
	fi
	if [ "$COMMANDS" = yes ]; then say "The hub may run commands on this machine, as root."; fi
}

# Whole or not at all: a download that was cut off must not be run in part.
# shellcheck disable=SC2086 # the preset is a list of options
main $PRESET "$@"
