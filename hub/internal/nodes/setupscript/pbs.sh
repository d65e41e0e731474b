#
# Lets Pulse read this Proxmox Backup Server.
#
# It makes a user without a password and an API token, and gives both the role
# Audit, which can look at everything and change nothing.
# To take everything back: proxmox-backup-manager user remove pulse-monitor@pbs

set -eu

ACCOUNT=pulse-monitor@pbs

say() { printf '%s\n' "$*"; }
die() { printf 'Error: %s\n' "$*" >&2; exit 1; }

[ "$(id -u)" -eq 0 ] || die "this has to run as root on a Proxmox Backup Server"
for tool in proxmox-backup-manager curl; do
	command -v "$tool" >/dev/null 2>&1 || die "$tool is missing: this has to run on a Proxmox Backup Server"
done

has_user() { proxmox-backup-manager user list --output-format json | grep -q "\"userid\"[ ]*:[ ]*\"$ACCOUNT\""; }
has_token() { proxmox-backup-manager user list-tokens "$ACCOUNT" --output-format json | grep -q "\"tokenid\"[ ]*:[ ]*\"$ACCOUNT!$TOKEN_NAME\""; }

say "Making the account $ACCOUNT"
if ! has_user; then
	proxmox-backup-manager user create "$ACCOUNT" --comment "Pulse monitoring, reads only"
fi
if has_token; then
	say "The token $TOKEN_NAME is renewed."
	proxmox-backup-manager user delete-token "$ACCOUNT" "$TOKEN_NAME" >/dev/null
fi
answer=$(proxmox-backup-manager user generate-token "$ACCOUNT" "$TOKEN_NAME" --comment "Pulse monitoring")
TOKEN_ID="$ACCOUNT!$TOKEN_NAME"
TOKEN_VALUE=$(printf '%s' "$answer" | tr -d '\n' | sed -n 's/.*"value"[ ]*:[ ]*"\([^"]*\)".*/\1/p')
[ -n "$TOKEN_VALUE" ] || die "proxmox-backup-manager did not tell the value of the token"

# A token has the rights that both its user and itself were given.
proxmox-backup-manager acl update / Audit --auth-id "$ACCOUNT"
proxmox-backup-manager acl update / Audit --auth-id "$TOKEN_ID"

PORT=8007
