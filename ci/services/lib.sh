# Read by the scripts beside it: what it takes to run a server for a test.
#
#   NAME up DIR PORT [key=value]…   starts it on 127.0.0.1:PORT, with everything that it writes below DIR
#   NAME down DIR                   ends what `up` started, and only that
#
# In DIR afterwards: `ports` (name and number a line, its own first), `login` (user and password),
# `processes` (name, process id, start time), `NAME.log`. A further `up` in the same DIR starts it
# again with the same data, ports and login. With `owner=PID` it ends itself once that process is gone.
# Exit codes: 1 it did not start, 2 something is not installed.
set -euo pipefail

server=$(basename "$0")
here=$(cd "$(dirname "$0")" && pwd)

die() { echo "ci/services/$server: ${*:2}" >&2; exit "$1"; }

# need COMMAND PACKAGE
need() { command -v "$1" >/dev/null || die 2 "$1 is missing: ci/install installs the Debian package $2"; }

# The process's start time, by which it is told from a later one of the same number; nothing if it is gone.
# One whose parent has not noticed its end is gone, but not while threads of it are left.
started() {
  local fields
  fields=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || return 0
  read -ra fields <<<"$fields"
  [[ ${fields[0]} == Z && ${fields[17]} -le 1 ]] || echo "${fields[19]}"
}

alive() { [[ -n $2 && $(started "$1") == "$2" ]]; }

# option KEY DEFAULT
option() {
  local argument
  for argument in "${arguments[@]}"; do
    [[ $argument != "$1="* ]] || { echo "${argument#*=}"; return; }
  done
  echo "$2"
}

# Whether nobody listens there.
unused() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# port NAME [NUMBER]: the port of this name, chosen when first asked for. Below the range from which the
# kernel takes the near end of outgoing connections, so that it is free again after a restart.
port() {
  local number=${2:-}
  if ! grep -qs "^$1 " "$dir/ports"; then
    until [[ -n $number ]]; do
      number=$((12000 + SRANDOM % 20000))
      unused "$number" || number=
    done
    echo "$1 $number" >>"$dir/ports"
  fi
  sed -n "s/^$1 //p" "$dir/ports"
}

# launch NAME COMMAND…: in a session of its own, noted in DIR/processes.
launch() {
  local name=$1
  shift
  setsid "$@" >>"$dir/$name.log" 2>&1 </dev/null &
  note "$name" $!
}

note() { echo "$1 $2 $(started "$2")" >>"$dir/processes"; }

# ready NAME PORT SECONDS: waits until the process NAME listens.
ready() {
  local until=$((SECONDS + $3)) begun=$SECONDS pid start
  read -r pid start < <(sed -n "s/^$1 //p" "$dir/processes")
  while unused "$2"; do
    alive "$pid" "$start" || failed "$1" 'ended at once'
    ((SECONDS < until)) || failed "$1" "does not listen after $3 s"
    # What is slow to start needs the processor for itself.
    if ((SECONDS - begun < 5)); then sleep 0.05; else sleep 0.5; fi
  done
}

failed() {
  tail -n 20 "$dir/$1.log" >&2 || true
  down
  die 1 "$1 $2 (its log is above)"
}

# User and password, made when first asked for.
login() {
  if [[ ! -s $dir/login ]]; then
    (umask 077 && echo "groundrule $(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')" >"$dir/login")
  fi
  read -r user password <"$dir/login"
}

# A throw-away authority in DIR/tls, with one certificate for the server and one for a client.
certificates() {
  [[ ! -s $dir/tls/client.pem ]] || return 0
  need openssl openssl
  mkdir -p "$dir/tls"
  (
    cd "$dir/tls"
    key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
    openssl req -x509 "${key[@]}" -days 30 -subj '/CN=groundrule test authority' -keyout ca.key -out ca.pem \
      -addext keyUsage=critical,keyCertSign,cRLSign
    for end in server client; do
      printf 'basicConstraints=CA:FALSE\nextendedKeyUsage=%sAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n' $end >$end.ext
      openssl req "${key[@]}" -subj "/CN=$end" -keyout $end.key -out $end.request
      openssl x509 -req -in $end.request -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile $end.ext -out $end.pem
    done
  ) >>"$dir/tls.log" 2>&1 || failed tls 'certificates were not made'
}

# Ends what is noted: asks, then insists.
down() {
  local name pid start i
  [[ -s $dir/processes ]] || return 0
  while read -r name pid start; do
    ! alive "$pid" "$start" || kill -TERM "$pid" || true
  done <"$dir/processes"
  for ((i = 0; i < 100; i++)); do
    any_alive || break
    sleep 0.1
  done
  while read -r name pid start; do
    ! alive "$pid" "$start" || kill -KILL "$pid" || true
  done <"$dir/processes"
  rm -f "$dir/processes"
}

any_alive() {
  local name pid start
  while read -r name pid start; do
    ! alive "$pid" "$start" || return 0
  done <"$dir/processes"
  return 1
}

# guard OWNER START: ends the server once its owner is gone, so that a test that is killed leaves nothing behind.
guard() {
  cd /
  : >"$dir/guarded"
  while alive "$1" "$2" && [[ -e $dir/processes ]]; do sleep 1; done
  if ! alive "$1" "$2"; then
    down
    rm -rf "$dir"
  fi
}

# run UP: the command line of every script; UP starts the server.
run() {
  local owner
  case ${command:-} in
    up)
      mkdir -p "$dir"
      dir=$(cd "$dir" && pwd)
      down
      : >"$dir/processes"
      owner=$(option owner '')
      if [[ -n $owner ]]; then
        # In a session of its own, so that whatever ends this script leaves it.
        rm -f "$dir/guarded"
        setsid "$here/$server" guard "$dir" "$owner" "$(started "$owner")" </dev/null >/dev/null 2>&1 &
        until [[ -e $dir/guarded ]]; do sleep 0.01; done
      fi
      "$1"
      ;;
    down) down ;;
    guard) guard "$number" "${arguments[0]}" ;;
    *) die 1 'usage: NAME up DIR PORT [key=value]… | NAME down DIR' ;;
  esac
}

command=${1:-}
dir=${2:-}
number=${3:-}
arguments=("${@:4}")
[[ -n $dir && ($command != up || $number =~ ^[0-9]+$) ]] || command=
