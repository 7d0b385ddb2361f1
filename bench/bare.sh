#!/usr/bin/env bash
# From nothing: a bare Debian 12 in a folder (debootstrap: git and Python 3.11, nothing else), a fresh clone in it, then
#   ./dev run    until the page answers, a collector logs a call in Chromium; stopped, started again, the same again
#   ./dev test   in a second fresh clone; then once more
# Ends with 1 when any of it fails. Needs root, debootstrap, Chromium and the network; takes a quarter of an hour.
#   bench/bare.sh [--only run|test] FOLDER       what is in FOLDER/bare goes first
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
only=both
[ "${1:-}" = --only ] && { only=$2; shift 2; }
mkdir -p "${1:?give a folder for the bare system}"
folder=$(cd "$1" && pwd)/bare
port=8123

say() { printf '\n=== %s (%s s)\n' "$*" "$SECONDS"; }

undo() {
  local part
  for part in home/shared dev/shm dev/pts dev sys proc; do
    mountpoint -q "$folder/$part" && umount -l "$folder/$part"
  done
  return 0
}
trap undo EXIT

# The variables by which this machine reaches package servers, and nothing else of its environment.
reach=$(env | grep -iE '^(PIP_(CERT|DEFAULT_TIMEOUT|INDEX_URL)|(https?|no)_proxy|SSL_CERT_FILE)=' || true)

inside() { # in a clone of the bare system, with an empty environment
  local clone=$1; shift
  env -i $reach HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    chroot "$folder" sh -c 'cd "/home/$0" && exec "$@"' "$clone" "$@"
}

make_system() {
  say "a bare Debian 12 in $folder"
  undo
  # What is mounted there is this machine's own: never to be removed with the folder.
  if grep -q " $folder/" /proc/self/mounts; then say "unmount what is in $folder first"; exit 1; fi
  rm -rf --one-file-system "$folder"
  mkdir -p "$folder"
  debootstrap --variant=minbase --include=git,python3,ca-certificates bookworm "$folder" >"$folder.log" 2>&1 ||
    { tail -5 "$folder.log"; exit 1; }
  cp /etc/resolv.conf "$folder/etc/resolv.conf"
  cp /etc/ssl/certs/ca-certificates.crt "$folder/etc/ssl/certs/ca-certificates.crt"
  mount -t proc proc "$folder/proc"
  mount --rbind --make-rslave /sys "$folder/sys"
  mount --rbind --make-rslave /dev "$folder/dev"
  chroot "$folder" python3 --version
}

clone() {
  git clone -q --no-hardlinks "$root" "$folder/home/$1"
  if [ -d "$root/../shared" ]; then # the loan tapes, which tests look for beside the checkout
    mkdir -p "$folder/home/shared"
    mount --bind "$root/../shared" "$folder/home/shared"
  fi
}

run_once() {
  local log=$folder.run.log
  say "./dev run ($1)"
  : >"$log"
  inside walked ./dev run --port $port >"$log" 2>&1 &
  local runs=$!
  until grep -q 'Ctrl-C ends' "$log"; do
    kill -0 $runs 2>/dev/null || { tail -20 "$log"; exit 1; }
    sleep 1
  done
  say "the page answers"
  "$root/dev" bench bare_browser "http://127.0.0.1:$port/" "$log"
  pkill -INT -f "manage.py serve --port $port"
  wait $runs || { tail -20 "$log"; say "it did not end well"; exit 1; }
}

make_system
cd "$root"
if [ $only != test ]; then
  clone walked
  run_once "from nothing"
  run_once "again"
  umount "$folder/home/shared" 2>/dev/null || true
fi
if [ $only != run ]; then
  clone tested
  say "./dev test (from nothing)"
  inside tested ./dev test
  say "./dev test (again)"
  inside tested ./dev test
fi
say "all of it passed"
