#!/usr/bin/env bash
# The suites of others, on the adapters: bash ci/conformance.sh [suite...]. keyv6 wants Node 22.19 or newer; ci/nodes.sh runs it there.
set -euo pipefail
cd "$(dirname "$0")/.."
suites=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(keyv)
for suite in "${suites[@]}"; do node scripts/run.mjs conformance "$suite"; done
