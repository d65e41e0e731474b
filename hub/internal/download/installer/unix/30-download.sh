# Getting the program, and making sure that it is the one.

# fetch URL FILE HEADERS: follows redirects; the headers of every answer are kept.
fetch() {
	if has curl; then
		set -- "$1" "$2" "$3" -fsSL --connect-timeout 15 --max-time 300 --retry 2
		if [ "$INSECURE" = yes ]; then set -- "$@" -k; fi
		address=$1 file=$2 headers=$3
		shift 3
		curl "$@" -D "$headers" -o "$file" "$address"
		return
	fi
	has wget || die "curl or wget is needed"
	if [ "$INSECURE" = yes ]; then
		wget -q -S --no-check-certificate -O "$2" "$1" 2>"$3"
		return
	fi
	wget -q -S -O "$2" "$1" 2>"$3"
}

# header NAME FILE: every value of a header, in the order they came.
header() {
	tr -d '\r' <"$2" | awk -v name="$1:" '
		{ sub(/^ +/, "") }
		tolower(substr($0, 1, length(name))) == tolower(name) { sub(/^[^:]*: */, ""); print }'
}

checksum() {
	if has sha256sum; then
		sha256sum "$1" | cut -d' ' -f1
	elif has shasum; then
		shasum -a 256 "$1" | cut -d' ' -f1
	elif has sha256; then
		sha256 -q "$1"
	elif has openssl; then
		openssl dgst -sha256 "$1" | sed 's/.*= *//'
	else
		die "sha256sum, shasum, sha256 or openssl is needed"
	fi
}

# expected HEADERS: the checksum that the hub tells. A program that comes from
# the releases instead has it in a file beside it.
expected() {
	sum=$(header X-Checksum-Sha256 "$1" | tail -n 1)
	release=$(header Location "$1" | head -n 1)
	if [ -z "$sum" ] && [ -n "$release" ]; then
		fetch "$release.sha256" "$WORK/sum" "$WORK/sum.headers" || die "the checksum of the program is not known"
		sum=$(cut -d' ' -f1 "$WORK/sum")
	fi
	printf '%s' "$sum" | tr 'A-F' 'a-f'
}

# is_program FILE: it begins as programs of this system do.
is_program() {
	magic=$(od -An -tx1 -N4 "$1" | tr -d ' \n')
	case $(uname -s):$magic in
	Darwin:cffaedfe | Darwin:cafebabe | Linux:7f454c46 | FreeBSD:7f454c46) return 0 ;;
	esac
	return 1
}

# download: leaves a program that was checked at $WORK/program.
download() {
	name=$(target)
	say "Downloading the agent for $name from $URL"
	fetch "$URL/download/pulse-agent?arch=$name" "$WORK/program" "$WORK/headers" ||
		die "the hub at $URL has no agent for $name, or does not answer"
	want=$(expected "$WORK/headers")
	[ "${#want}" -eq 64 ] || die "the hub does not tell the checksum of the program"
	[ "$(checksum "$WORK/program")" = "$want" ] || die "the checksum of the program is wrong: nothing was changed"
	is_program "$WORK/program" || die "what the hub sent is no program for this system"
	chmod 0755 "$WORK/program"
	"$WORK/program" --version >/dev/null || die "the program does not run on this machine"
}

# put FILE MODE: replaces a file by standard input, as a whole.
put() {
	mkdir -p "$(dirname "$ROOT$1")"
	(umask 077 && cat >"$ROOT$1.new")
	chmod "$2" "$ROOT$1.new"
	mv -f "$ROOT$1.new" "$ROOT$1"
}

# install_program also ends an update that is on trial.
install_program() {
	rm -f "$ROOT$PROGRAM.backup" "$ROOT$(dirname "$PROGRAM")/.pulse-update-info"
	put "$PROGRAM" 0755 <"$WORK/program"
	if has restorecon; then quietly restorecon "$ROOT$PROGRAM"; fi
}
