# Options. Three states where a setting may be left to detection: yes, no, auto.

URL=${PULSE_URL:-}
TOKEN=${PULSE_TOKEN:-}
INTERVAL=
HOST=yes
DOCKER=auto
KUBERNETES=auto
KUBECONFIG_FILE=
PROXMOX=auto
PROXMOX_TYPE=
AGENT_ID=
DISK_EXCLUDE=
INSECURE=no
SMART=no
COMMANDS=no
AUTO_UPDATE=yes
ACTION=install
# KEEP says that the configuration stays as it is.
KEEP=no

# value NAME TEXT...: the text that follows an option.
value() {
	if [ "$#" -lt 2 ] || [ -z "$2" ]; then die "$1 needs a value"; fi
	printf '%s' "$2"
}

read_options() {
	if [ "$#" -eq 0 ] && [ -r "$ROOT$CONFIG" ]; then
		recall
		return
	fi
	while [ "$#" -gt 0 ]; do
		case $1 in
		--url)
			URL=$(value "$@")
			shift
			;;
		--token)
			TOKEN=$(value "$@")
			shift
			;;
		--token-file)
			TOKEN=$(cat -- "$(value "$@")")
			shift
			;;
		--interval)
			INTERVAL=$(value "$@")
			shift
			;;
		--enable-host) HOST=yes ;;
		--disable-host) HOST=no ;;
		--enable-docker) DOCKER=yes ;;
		--disable-docker) DOCKER=no ;;
		--enable-kubernetes) KUBERNETES=yes ;;
		--disable-kubernetes) KUBERNETES=no ;;
		--kubeconfig)
			KUBECONFIG_FILE=$(value "$@")
			KUBERNETES=yes
			shift
			;;
		--enable-proxmox) PROXMOX=yes ;;
		--disable-proxmox) PROXMOX=no ;;
		--proxmox-type)
			PROXMOX_TYPE=$(value "$@")
			shift
			;;
		--agent-id)
			AGENT_ID=$(value "$@")
			shift
			;;
		--disk-exclude)
			DISK_EXCLUDE=$DISK_EXCLUDE$(value "$@")$NEWLINE
			shift
			;;
		--insecure) INSECURE=yes ;;
		--enable-smart) SMART=yes ;;
		--enable-commands) COMMANDS=yes ;;
		--disable-auto-update) AUTO_UPDATE=no ;;
		--uninstall) ACTION=uninstall ;;
		--help | -h)
			usage
			exit 0
			;;
		*) die "unknown argument: $1" ;;
		esac
		shift
	done
	URL=${URL%/}
	check_options
}

NEWLINE='
'

check_options() {
	case $URL in
	'' | http://?* | https://?*) ;;
	*) die "--url needs an address that begins with http:// or https://" ;;
	esac
	case $URL$TOKEN$AGENT_ID$INTERVAL$KUBECONFIG_FILE in
	*"$NEWLINE"* | *'"'*) die "a value holds a character that cannot be right" ;;
	esac
	case $PROXMOX_TYPE in
	'' | pve | pbs) ;;
	*) die "--proxmox-type is pve or pbs" ;;
	esac
}
