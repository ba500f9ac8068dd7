#!/bin/sh
# Copy the pinned Apache Kafka's jars into .kafka/libs: fetch.sh. Needs Maven; does nothing when they are there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
libs=$here/../../.kafka/libs
stamp=$libs/.of-pom

if ! cmp -s "$here/pom.xml" "$stamp"; then
    rm -rf "$libs"
    mvn --quiet --batch-mode --no-transfer-progress -f "$here/pom.xml" dependency:copy-dependencies "-DoutputDirectory=$libs"
    cp "$here/pom.xml" "$stamp"
fi
