#!/bin/sh
# Write .env beside this file, with new random secrets; does nothing if it exists.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
[ ! -e "$here/.env" ] || { echo "$here/.env exists already" >&2; exit 0; }
draw() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

umask 077
while read -r line; do
    case $line in
        PACER_CREDENTIAL=) echo "${line}tool:$(draw)" ;;
        *=) echo "$line$(draw)" ;;
        *) echo "$line" ;;
    esac
done <"$here/.env.example" >"$here/.env.new"
mv "$here/.env.new" "$here/.env"
echo "wrote $here/.env" >&2
