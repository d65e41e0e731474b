# Other service managers: OpenRC, System V, launchd, FreeBSD, upstart.

# run_as: the account to run under.
run_as() { if [ "$COMMANDS" = yes ]; then echo root; else echo "$ACCOUNT"; fi; }

# prepare_account for service managers that know users but no sandbox.
prepare_account() {
	if [ "$COMMANDS" != yes ]; then
		make_account
		join_group "$(container_group)"
	fi
	write_configuration "$(run_as)"
	mkdir -p "$(dirname "$ROOT$LOG")"
	touch "$ROOT$LOG"
	chown "$(run_as)" "$ROOT$LOG"
	register_proxmox
}

# hourly: brings the program up to date as root, where the agent itself may not.
hourly() {
	if [ "$(run_as)" = root ]; then
		rm -f "$ROOT/etc/periodic/hourly/$NAME-update" "$ROOT/etc/cron.hourly/$NAME-update"
		return
	fi
	for folder in /etc/periodic/hourly /etc/cron.hourly; do
		[ -d "$ROOT$folder" ] || continue
		if [ "$AUTO_UPDATE" = yes ]; then
			printf '#!/bin/sh\nexec %s update --config %s >/dev/null 2>&1\n' "$PROGRAM" "$CONFIG" | put "$folder/$NAME-update" 0755
		else
			rm -f "$ROOT$folder/$NAME-update"
		fi
		return
	done
	if [ "$AUTO_UPDATE" = yes ]; then warn "there is no folder for hourly jobs: run '$PROGRAM update' now and then"; fi
}

openrc_script() {
	cat <<TEXT
#!/sbin/openrc-run
description="Pulse agent"
supervisor=supervise-daemon
command="$PROGRAM"
command_args="--config $CONFIG"
command_user="$(run_as)"
output_log="$LOG"
error_log="$LOG"
respawn_delay=5
respawn_max=0

depend() {
	need net
	after docker podman
}
TEXT
}

install_openrc() {
	prepare_account
	openrc_script | put "/etc/init.d/$NAME" 0755
	hourly
	rc-update add "$NAME" default
	rc-service "$NAME" restart
}

uninstall_openrc() {
	quietly rc-service "$NAME" stop
	quietly rc-update del "$NAME" default
	rm -f "$ROOT/etc/init.d/$NAME"
}

sysv_script() {
	cat <<TEXT
#!/bin/sh
### BEGIN INIT INFO
# Provides:          $NAME
# Required-Start:    \$network \$remote_fs
# Required-Stop:     \$network \$remote_fs
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: Pulse agent
### END INIT INFO

PIDFILE=$ROOT/var/run/$NAME.pid

# Without a supervisor the loop below is one: what ends is started again.
start() {
	if status >/dev/null; then return 0; fi
	(
		trap 'kill "\$child" 2>/dev/null; exit 0' TERM INT
		while :; do
			su -s /bin/sh -c "exec $PROGRAM --config $CONFIG" $(run_as) >>$ROOT$LOG 2>&1 </dev/null &
			child=\$!
			wait "\$child" || true
			sleep 5 &
			child=\$!
			wait "\$child" || true
		done
	) >/dev/null 2>&1 &
	echo \$! >"\$PIDFILE"
}

stop() {
	if status >/dev/null; then kill "\$(cat "\$PIDFILE")"; fi
	rm -f "\$PIDFILE"
}

status() {
	if [ -s "\$PIDFILE" ] && kill -0 "\$(cat "\$PIDFILE")" 2>/dev/null; then
		echo "$NAME runs"
		return 0
	fi
	echo "$NAME does not run"
	return 3
}

case \${1:-} in
start | stop | status) "\$1" ;;
restart)
	stop
	start
	;;
*)
	echo "usage: \$0 start|stop|restart|status" >&2
	exit 2
	;;
esac
TEXT
}

install_sysv() {
	prepare_account
	sysv_script | put "/etc/init.d/$NAME" 0755
	hourly
	if has update-rc.d; then
		update-rc.d "$NAME" defaults
	elif has chkconfig; then
		chkconfig --add "$NAME"
	fi
	"$ROOT/etc/init.d/$NAME" restart
}

uninstall_sysv() {
	if [ -x "$ROOT/etc/init.d/$NAME" ]; then quietly "$ROOT/etc/init.d/$NAME" stop; fi
	if has update-rc.d; then quietly update-rc.d -f "$NAME" remove; fi
	if has chkconfig; then quietly chkconfig --del "$NAME"; fi
	rm -f "$ROOT/etc/init.d/$NAME"
}

PLIST=/Library/LaunchDaemons/com.pulse.agent.plist

launchd_plist() {
	cat <<TEXT
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key><string>com.pulse.agent</string>
	<key>ProgramArguments</key>
	<array><string>$PROGRAM</string><string>--config</string><string>$CONFIG</string></array>
	<key>RunAtLoad</key><true/>
	<key>KeepAlive</key><true/>
	<key>ThrottleInterval</key><integer>10</integer>
	<key>StandardOutPath</key><string>$LOG</string>
	<key>StandardErrorPath</key><string>$LOG</string>
</dict>
</plist>
TEXT
}

install_launchd() {
	write_configuration root
	launchd_plist | put "$PLIST" 0644
	quietly launchctl bootout system/com.pulse.agent
	launchctl bootstrap system "$ROOT$PLIST"
}

uninstall_launchd() {
	quietly launchctl bootout system/com.pulse.agent
	rm -f "$ROOT$PLIST"
}

RC_SCRIPT=/usr/local/etc/rc.d/pulse_agent

rcd_script() {
	cat <<TEXT
#!/bin/sh
#
# PROVIDE: pulse_agent
# REQUIRE: NETWORKING
# KEYWORD: shutdown

. /etc/rc.subr

name=pulse_agent
rcvar=pulse_agent_enable
load_rc_config \$name
: \${pulse_agent_enable:=NO}

pidfile=/var/run/pulse_agent.pid
procname=/usr/sbin/daemon
command=/usr/sbin/daemon
command_args="-P \$pidfile -r -R 5 -u $(run_as) -o $LOG $PROGRAM --config $CONFIG"

run_rc_command "\$1"
TEXT
}

install_rcd() {
	prepare_account
	rcd_script | put "$RC_SCRIPT" 0755
	rm -f "$ROOT/usr/local/etc/cron.d/$NAME"
	if [ "$AUTO_UPDATE" = yes ] && [ "$(run_as)" != root ]; then
		# shellcheck disable=SC2016 # the shell of cron picks the delay
		printf '17 * * * * root sleep $(jot -r 1 0 900) && %s update --config %s >/dev/null 2>&1\n' "$PROGRAM" "$CONFIG" | put "/usr/local/etc/cron.d/$NAME" 0644
	fi
	sysrc pulse_agent_enable=YES
	service pulse_agent restart
}

uninstall_rcd() {
	quietly service pulse_agent stop
	quietly sysrc -x pulse_agent_enable
	rm -f "$ROOT$RC_SCRIPT" "$ROOT/usr/local/etc/cron.d/$NAME"
}
