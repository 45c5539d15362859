#!/usr/bin/env bash
# Threads ended at random instants, processes ended under load, isolates at once, handles that nobody closes: bash ci/lifetimes.sh [terminations]
set -euo pipefail
cd "$(dirname "$0")/.."
source ci/planted.sh
count=${1:-2000}
node scripts/run.mjs suite
node --expose-gc build/test/fixtures/terminations-main.js "$count"
node build/test/fixtures/exiting-main.js $((count / 40))
node_modules/.bin/ava build/test/isolates.spec.js build/test/leaks.spec.js build/test/guards.spec.js

# What is compiled already is not compiled again.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
few() { node scripts/run.mjs suite && node --expose-gc build/test/fixtures/terminations-main.js 40; }
export -f few
caught lifetimes/leases-outlive-their-isolate 'the locks never came' bash -c few
caught lifetimes/a-finalizer-is-forgotten 'snapshots of threads that have ended' bash -c few
echo "lifetimes: $count threads and $((count / 40)) processes ended at random, nothing was lost, held or left; both planted bugs were caught"
