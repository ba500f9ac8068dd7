#!/usr/bin/env bash
# Ralph, to be measured beside Pacer: installed into a folder of its own. `benchmarks/ralph.sh FOLDER`.
set -euo pipefail
folder=${1:?where to}
[ -x "$folder/bin/ralph" ] && exit 0
"${PYTHON:-python3}" -m venv "$folder"
"$folder/bin/pip" install --quiet "ralph-malph[backend-clickhouse,cli,lrs]==5.1.0" requests  # which it imports, and does not name
