#
# Lets Pulse read this Proxmox VE host or cluster.
#
# It makes a user without a password, an API token of its own rights, and gives
# both the role PVEAuditor, which can look at everything and change nothing.
# To take everything back: pveum user delete pulse-monitor@pam; pveum role delete PulseGuests
# (and pveum role delete PulseBackups).

set -eu

ACCOUNT=pulse-monitor@pam

say() { printf '%s\n' "$*"; }
die() { printf 'Error: %s\n' "$*" >&2; exit 1; }

[ "$(id -u)" -eq 0 ] || die "this has to run as root on a Proxmox VE host"
for tool in pveum pveversion curl; do
	command -v "$tool" >/dev/null 2>&1 || die "$tool is missing: this has to run on a Proxmox VE host"
done

# "pve-manager/8.4.1/2a5fa54a8503f96d (running kernel: ...)"
version=$(pveversion | sed -n 's|^pve-manager/\([0-9][0-9]*\)\..*|\1|p' | head -n 1)
[ -n "$version" ] || die "the version of Proxmox VE is not known"
[ "$version" -ge 7 ] || die "Proxmox VE $version is too old, 7 is needed"

has_user() { pveum user list --output-format json | grep -q "\"userid\"[ ]*:[ ]*\"$ACCOUNT\""; }
has_role() { pveum role list --output-format json | grep -q "\"roleid\"[ ]*:[ ]*\"$1\""; }
has_token() { pveum user token list "$ACCOUNT" --output-format json | grep -q "\"tokenid\"[ ]*:[ ]*\"$TOKEN_NAME\""; }

# role NAME PRIVILEGES: makes a role, or sets what it may.
role() {
	if has_role "$1"; then
		pveum role modify "$1" --privs "$2"
	else
		pveum role add "$1" --privs "$2"
	fi
}

# A token has the rights that both its user and itself were given. All are given
# at the top, for what is given further down replaces what comes from above.
grant() {
	pveum acl modify / --users "$ACCOUNT" --roles "$1"
	pveum acl modify / --tokens "$ACCOUNT!$TOKEN_NAME" --roles "$1"
}

say "Proxmox VE $version: making the account $ACCOUNT"
if ! has_user; then
	pveum user add "$ACCOUNT" --comment "Pulse monitoring, reads only"
fi
if has_token; then
	say "The token $TOKEN_NAME is renewed."
	pveum user token remove "$ACCOUNT" "$TOKEN_NAME" >/dev/null
fi
answer=$(pveum user token add "$ACCOUNT" "$TOKEN_NAME" --privsep 1 --comment "Pulse monitoring" --output-format json)
TOKEN_ID="$ACCOUNT!$TOKEN_NAME"
TOKEN_VALUE=$(printf '%s' "$answer" | tr -d '\n' | sed -n 's/.*"value"[ ]*:[ ]*"\([^"]*\)".*/\1/p')
[ -n "$TOKEN_VALUE" ] || die "pveum did not tell the value of the token"

grant PVEAuditor
if [ "$version" -lt 9 ]; then
	# Up to version 8 asking guest agents needs a right that PVEAuditor lacks.
	# From 9 on it has VM.GuestAgent.Audit, and VM.Monitor is no more.
	role PulseGuests "VM.Monitor"
	grant PulseGuests
fi
if [ "$BACKUPS" = yes ]; then
	# Backups on a storage are listed only for those who may make some there.
	role PulseBackups "VM.Backup Datastore.AllocateSpace"
	grant PulseBackups
fi

PORT=8006
