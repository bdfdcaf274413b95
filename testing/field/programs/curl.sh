#!/bin/bash
# curl.sh BASE CA NAME [FLAG…]: the story of LDLM REST with curl, which gets the flags. Ends with 0 when all is as it
# should be, else with 1 and the reason.
set -euo pipefail
base=$1 ca=$2 name=$3
shift 3
jar=$(mktemp)
trap 'rm -f "$jar"' EXIT
[ -n "$ca" ] && set -- --cacert "$ca" "$@"

ask() {
  local method=$1 path=$2
  shift 2
  curl --silent --show-error --max-time 10 --cookie "$jar" --cookie-jar "$jar" --request "$method" "$@" "$base$path" 2>&1
}

check() {
  if ! [[ $2 == *$3* ]]; then
    echo "$1: $2" >&2
    exit 1
  fi
}

check session "$(ask POST /session "$@")" '"session_id": "'
taken=$(ask POST /v1/lock "$@" --data "{\"name\":\"$name\"}")
check lock "$taken" '"locked":true'
key=${taken#*\"key\":\"}
key=${key%%\"*}
check 'second lock' "$(ask POST /v1/lock "$@" --data "{\"name\":\"$name\"}")" '"locked":false'
check unlock "$(ask POST /v1/unlock "$@" --data "{\"name\":\"$name\",\"key\":\"$key\"}")" '"unlocked":true'
check end "$(ask DELETE /session "$@")" '"session_id": ""'
