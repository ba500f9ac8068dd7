#!/bin/sh
# Run Apache Kafka in the foreground, on loopback: start.sh FOLDER PORT CONTROLLER_PORT. FOLDER keeps its log between runs.
# Needs Java 17 or later. KAFKA_JAVA_OPTIONS: options of the Java machine (default: -Xmx512m).
set -eu
[ $# -eq 3 ] || { echo "usage: $0 FOLDER PORT CONTROLLER_PORT" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
"$here/fetch.sh"
mkdir -p "$1"
folder=$(cd "$1" && pwd)
settings=$folder/server.properties
options="${KAFKA_JAVA_OPTIONS:--Xmx512m} -Dlog4j2.configurationFile=file:$here/log4j2.properties"
libs="$here/../../.kafka/libs/*"

sed -e "s|@DATA@|$folder|g" -e "s|@PORT@|$2|g" -e "s|@CONTROLLER_PORT@|$3|g" "$here/server.properties" >"$settings"
# shellcheck disable=SC2086 # options are words
if [ ! -f "$folder/log/meta.properties" ]; then
    java $options -cp "$libs" kafka.tools.StorageTool format --cluster-id pacerpacerpacerpacerQQ --config "$settings" >/dev/null
fi
# shellcheck disable=SC2086
exec java $options -cp "$libs" kafka.Kafka "$settings"
