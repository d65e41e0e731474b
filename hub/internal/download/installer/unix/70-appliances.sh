# Appliances, whose systems are made anew at each start or upgrade. The agent
# runs as root there, for they have no lasting place for an account.

# plain_unit for old versions of systemd and closed systems.
plain_unit() {
	cat <<TEXT
[Unit]
Description=Pulse agent
After=network.target

[Service]
ExecStart=$PROGRAM --config $CONFIG
Restart=always
RestartSec=5
UMask=0077

[Install]
WantedBy=multi-user.target
TEXT
}

start_plain_unit() {
	plain_unit | put "$UNITS/$NAME.service" 0644
	systemctl daemon-reload
	systemctl enable "$NAME.service"
	systemctl restart "$NAME.service"
}

install_synology() {
	write_configuration root
	start_plain_unit
}

# TrueNAS SCALE keeps /data, and runs a command of its own database at each start.
place_truenas() {
	PROGRAM=/data/pulse-agent/pulse-agent
	CONFIG=/data/pulse-agent/config.yaml
	TOKEN_FILE=/data/pulse-agent/token
	KUBECONFIG_COPY=/data/pulse-agent/kubeconfig
	STATE=/data/pulse-agent/state
}

TRUENAS_START=/data/pulse-agent/start.sh

truenas_script() {
	cat <<TEXT
#!/bin/sh
cp /data/pulse-agent/$NAME.service $UNITS/$NAME.service
systemctl daemon-reload
systemctl start $NAME.service
TEXT
}

install_truenas() {
	write_configuration root
	plain_unit | put "/data/pulse-agent/$NAME.service" 0644
	truenas_script | put "$TRUENAS_START" 0755
	if has midclt && ! midclt call initshutdownscript.query | grep -q "$TRUENAS_START"; then
		midclt call initshutdownscript.create "{\"type\":\"COMMAND\",\"command\":\"$TRUENAS_START\",\"when\":\"POSTINIT\",\"enabled\":true,\"comment\":\"Pulse agent\"}" >/dev/null
	fi
	start_plain_unit
}

uninstall_truenas() {
	uninstall_systemd
	if has midclt; then
		for id in $(midclt call initshutdownscript.query "[[\"command\",\"=\",\"$TRUENAS_START\"]]" 2>/dev/null | sed -n 's/.*"id": *\([0-9]*\).*/\1/p'); do
			quietly midclt call initshutdownscript.delete "$id"
		done
	fi
	rm -rf "$ROOT/data/pulse-agent"
}

# Unraid runs from memory; the flash drive keeps what has to last, and runs /boot/config/go.
FLASH=/boot/config/plugins/pulse-agent

place_unraid() {
	CONFIG=$FLASH/config.yaml
	TOKEN_FILE=$FLASH/token
	KUBECONFIG_COPY=$FLASH/kubeconfig
}

unraid_script() {
	cat <<TEXT
#!/bin/bash
# Starts the Pulse agent; called by /boot/config/go.
mkdir -p $(dirname "$PROGRAM") $STATE
install -m 0755 $FLASH/$NAME $PROGRAM
if [ -s $FLASH/agent-id ]; then cp $FLASH/agent-id $FLASH/identity.json $STATE/ 2>/dev/null; fi
[ ! -s /var/run/$NAME.pid ] || kill "\$(cat /var/run/$NAME.pid)" 2>/dev/null
(
	trap 'kill "\$child" 2>/dev/null; exit 0' TERM
	while :; do
		$PROGRAM --config $CONFIG >>$LOG 2>&1 </dev/null &
		child=\$!
		wait "\$child"
		cp $STATE/agent-id $STATE/identity.json $FLASH/ 2>/dev/null
		sleep 5
	done
) >/dev/null 2>&1 &
echo \$! >/var/run/$NAME.pid
TEXT
}

install_unraid() {
	write_configuration root
	put "$FLASH/$NAME" 0755 <"$WORK/program"
	unraid_script | put "$FLASH/start.sh" 0755
	touch "$ROOT/boot/config/go"
	if ! grep -q "$FLASH/start.sh" "$ROOT/boot/config/go"; then
		printf '\n# Pulse agent\nbash %s/start.sh\n' "$FLASH" >>"$ROOT/boot/config/go"
	fi
	if [ -z "$ROOT" ]; then bash "$FLASH/start.sh"; fi
}

uninstall_unraid() {
	if [ -s "$ROOT/var/run/$NAME.pid" ]; then quietly kill "$(cat "$ROOT/var/run/$NAME.pid")"; fi
	if [ -f "$ROOT/boot/config/go" ]; then
		sed "/^# Pulse agent\$/d; \\|$FLASH/start.sh|d" "$ROOT/boot/config/go" | put /boot/config/go 0600
	fi
	rm -rf "${ROOT:?}$FLASH" "$ROOT/var/run/$NAME.pid"
}

UPSTART=/etc/init/pulse-agent.conf

install_upstart() {
	write_configuration root
	cat <<TEXT | put "$UPSTART" 0644
description "Pulse agent"
start on syno.network.ready
stop on runlevel [06]
respawn
respawn limit unlimited
exec $PROGRAM --config $CONFIG >>$LOG 2>&1
TEXT
	quietly initctl stop "$NAME"
	initctl reload-configuration
	initctl start "$NAME"
}

uninstall_upstart() {
	quietly initctl stop "$NAME"
	rm -f "$ROOT$UPSTART"
}

install_none() {
	write_configuration root
	warn "no service manager was found: start '$PROGRAM --config $CONFIG' yourself"
}
