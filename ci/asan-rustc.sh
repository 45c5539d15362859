#!/usr/bin/env bash
# The compiler of ci/asan.sh quick, called by cargo with rustc's path and arguments.
set -euo pipefail
RUSTC_BOOTSTRAP=1 exec "$@" -Zsanitizer=address
