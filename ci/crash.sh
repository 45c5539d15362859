#!/usr/bin/env bash
# kill -9 at random instants, many times on one file: bash ci/crash.sh [rounds]
set -euo pipefail
cd "$(dirname "$0")/.."
node scripts/run.mjs suite
node build/test/fixtures/crash-main.js "${1:-200}"
