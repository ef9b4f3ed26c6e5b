#!/bin/sh
# May these nodes be terminated? Usage: gate.sh NODE…
# Exits with 0 (they may, and are held for 15 minutes), 1 (no), 3 (nobody knows, or no answer).
set -u
url=${GATE_URL:-http://127.0.0.1:9181}

nodes=
for node in "$@"; do
  case $node in
    *[!A-Za-z0-9._-]*) echo "gate.sh: $node is no name of a node" >&2; exit 3 ;;
  esac
  nodes="$nodes${nodes:+,}\"$node\""
done

set -- --silent --show-error --max-time 30 --dump-header - --header 'Content-Type: application/json'
if [ -n "${GATE_TOKEN_FILE:-}" ]; then
  # The file holds the whole header, "Authorization: Bearer …", so that the token is in no list of processes.
  set -- "$@" --header @"$GATE_TOKEN_FILE"
fi
answer=$(curl "$@" --data "{\"action\":\"terminate\",\"nodes\":[$nodes],\"hold\":\"15m\"}" "$url/v1/gate") || exit 3

echo "$answer" | tail -n 1
case $(echo "$answer" | tr -d '\r' | sed -n 's/^groundrule-decision: //p') in
  allow) exit 0 ;;
  deny) exit 1 ;;
  *) exit 3 ;;
esac
