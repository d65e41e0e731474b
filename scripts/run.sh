#!/usr/bin/env bash
# Starts the hub and an agent for this machine, and stops both on Ctrl-C.
# Called by `make run` and `make demo`.
set -euo pipefail
cd "$(dirname "$0")/.."

data=${PULSE_DATA_DIR:-$PWD/data}
port=${FRONTEND_PORT:-${PORT:-7655}}
url=http://localhost:$port
mkdir -p "$data"

# One token for the person at this machine and for its agent, made once.
token_file=$data/run-token
if [ ! -s "$token_file" ]; then
  (umask 077 && printf 'run-%s' "$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')" >"$token_file")
fi
token=$(cat "$token_file")

hub= agent=
stop() {
  trap - EXIT INT TERM
  for pid in $agent $hub; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in $agent $hub; do wait "$pid" 2>/dev/null || true; done
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

PULSE_DATA_DIR=$data API_TOKENS=${API_TOKENS:+$API_TOKENS,}$token bin/pulse &
hub=$!

healthy() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
for _ in $(seq 100); do
  healthy && break
  kill -0 "$hub" 2>/dev/null || { echo "the hub ended, see above" >&2; exit 1; }
  sleep 0.1
done
healthy || { echo "the hub does not answer on $url" >&2; exit 1; }

bin/pulse-agent --url "$url" --token-file "$token_file" --interval "${PULSE_INTERVAL:-5s}" \
  --disable-auto-update --state-dir "$data/agent" --health-addr "${PULSE_HEALTH_ADDR:-127.0.0.1:9191}" &
agent=$!

cat <<TEXT

  Pulse is running.

    Page     $url/#token=$token
    Token    $token
    Data     $data

  Open the page, or paste the token where it asks for one. Ctrl-C stops everything.

TEXT
wait -n "$hub" "$agent"
