# systemd. The agent runs as a user of its own, sees the machine and changes
# nothing; a second unit, which runs as root for seconds, brings it up to date.

UNITS=/etc/systemd/system

# capabilities: none, unless hardware is to be asked that only root may ask.
capabilities() {
	if [ "$SMART" = yes ]; then
		# RAWIO for SATA and SAS, ADMIN for NVMe and mdadm, READ_SEARCH for device files and power figures.
		printf 'CAP_SYS_RAWIO CAP_SYS_ADMIN CAP_DAC_READ_SEARCH'
	fi
}

unit() {
	cat <<TEXT
[Unit]
Description=Pulse agent
After=network-online.target docker.service podman.socket
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=$PROGRAM --config $CONFIG
Restart=always
RestartSec=5
UMask=0077
# The unit for updates does that, as it may write where programs are.
Environment=PULSE_DISABLE_AUTO_UPDATE=true
# A crash must not leave the token in a file.
LimitCORE=0
TEXT
	if [ "$COMMANDS" = yes ]; then
		echo "# --enable-commands: what the hub runs here is meant to reach all of the machine."
		echo "StateDirectory=pulse-agent"
	else
		sandbox
	fi
	cat <<TEXT

[Install]
WantedBy=multi-user.target
TEXT
}

sandbox() {
	group=$(container_group)
	cat <<TEXT
User=$ACCOUNT
Group=$ACCOUNT
TEXT
	if [ -n "$group" ]; then
		echo "# The socket of the container engine."
		echo "SupplementaryGroups=$group"
	fi
	if [ "$KUBERNETES" = yes ] && [ -n "$KUBECONFIG_FILE" ]; then
		echo "# A kubeconfig is renewed now and then, and only root may read it."
		echo "ExecStartPre=-+/usr/bin/install -m 0640 -o root -g $ACCOUNT $KUBECONFIG_FILE $KUBECONFIG_COPY"
	fi
	cat <<TEXT
CapabilityBoundingSet=$(capabilities)
AmbientCapabilities=$(capabilities)
NoNewPrivileges=yes
# It writes to its state alone. Homes stay visible, for they may be file systems to report.
StateDirectory=pulse-agent
StateDirectoryMode=0750
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
# Devices: graphics for nvidia-smi, ZFS for zpool, and disks only where SMART is asked for.
DevicePolicy=closed
DeviceAllow=char-nvidia rw
DeviceAllow=char-nvidia-frontend rw
DeviceAllow=char-nvidiactl rw
DeviceAllow=/dev/zfs rw
TEXT
	if [ "$SMART" = yes ]; then
		cat <<TEXT
DeviceAllow=block-* rw
DeviceAllow=char-nvme rw
SupplementaryGroups=disk
TEXT
	fi
	cat <<TEXT
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
TEXT
}

update_service() {
	cat <<TEXT
[Unit]
Description=Update of the Pulse agent
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
ExecStart=$PROGRAM update --config $CONFIG
TimeoutStartSec=15min
# It may replace the program and read the token, and nothing else.
ProtectSystem=strict
ReadWritePaths=$(dirname "$PROGRAM") $STATE
CapabilityBoundingSet=CAP_DAC_OVERRIDE
NoNewPrivileges=yes
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
LimitCORE=0
TEXT
}

update_timer() {
	cat <<'TEXT'
[Unit]
Description=Hourly update of the Pulse agent

[Timer]
OnBootSec=5min
OnUnitActiveSec=1h
RandomizedDelaySec=15min

[Install]
WantedBy=timers.target
TEXT
}

install_systemd() {
	if [ "$COMMANDS" = yes ]; then
		write_configuration root
	else
		make_account
		write_configuration "$ACCOUNT"
	fi
	register_proxmox
	unit | put "$UNITS/$NAME.service" 0644
	update_service | put "$UNITS/$NAME-update.service" 0644
	update_timer | put "$UNITS/$NAME-update.timer" 0644
	systemctl daemon-reload
	systemctl enable "$NAME.service"
	systemctl restart "$NAME.service"
	if [ "$AUTO_UPDATE" = yes ]; then
		systemctl enable --now "$NAME-update.timer"
	else
		quietly systemctl disable --now "$NAME-update.timer"
	fi
}

uninstall_systemd() {
	quietly systemctl disable --now "$NAME.service" "$NAME-update.timer"
	rm -f "$ROOT$UNITS/$NAME.service" "$ROOT$UNITS/$NAME-update.service" "$ROOT$UNITS/$NAME-update.timer"
	quietly systemctl daemon-reload
	quietly systemctl reset-failed "$NAME.service"
}
