
# Tells Pulse about the account that was made.
escape() { printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g'; }

name=$(hostname -s 2>/dev/null || hostname)
if [ -z "$SERVER_URL" ]; then
	SERVER_URL="https://$(hostname -f 2>/dev/null || hostname):$PORT"
fi

by_hand() {
	say ""
	say "Enter this in Pulse by hand:"
	say "  Host:        $SERVER_URL"
	say "  Token ID:    $TOKEN_ID"
	say "  Token value: $TOKEN_VALUE"
}

SETUP_TOKEN=${PULSE_SETUP_TOKEN:-$SETUP_TOKEN}
if [ -z "$SETUP_TOKEN" ] && [ -r /dev/tty ] && [ -t 1 ]; then
	printf 'Setup token (shown in Pulse, empty to enter the account by hand): '
	read -r SETUP_TOKEN </dev/tty || SETUP_TOKEN=
fi
if [ -z "$SETUP_TOKEN" ]; then
	by_hand
	exit 0
fi

# The body goes through standard input: arguments are shown to every user.
body=$(printf '{"type":"%s","host":"%s","tokenId":"%s","tokenValue":"%s","serverName":"%s","source":"script","authToken":"%s"}' \
	"$SERVER_TYPE" "$(escape "$SERVER_URL")" "$(escape "$TOKEN_ID")" "$(escape "$TOKEN_VALUE")" "$(escape "$name")" "$(escape "$SETUP_TOKEN")")
if answer=$(printf '%s' "$body" | curl -fsS --max-time 30 --retry 2 -H 'Content-Type: application/json' --data-binary @- "$PULSE_URL/api/auto-register"); then
	say "Pulse watches $SERVER_URL now."
	exit 0
fi
printf 'Pulse at %s did not take the registration: %s\n' "$PULSE_URL" "${answer:-no answer}" >&2
by_hand
exit 1
