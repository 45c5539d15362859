#!/usr/bin/env bash
# Names, watchers and teardown of the core under random schedules of shuttle, with planted bugs. Usage: ci/shuttle.sh [quick | rounds]
# `quick` plants nothing and runs 300 rounds of each test with each of two schedulers; otherwise they are 5,000, or as many as are given.
set -euo pipefail
cd "$(dirname "$0")/.."
source ci/planted.sh
export CARGO_TARGET_DIR=$PWD/target/shuttle RUSTFLAGS="--cfg shardmap_model --cfg shardmap_shuttle"

schedules() {
  cargo test --quiet --profile model -p shardmap-core --test shuttle -- "$@"
}

if [ "${1:-}" = quick ]; then
  SHUTTLE_ROUNDS=300 schedules
  exit
fi
echo "${1:-5000} rounds of each test with each scheduler"
SHUTTLE_ROUNDS=${1:-5000} schedules
caught shuttle/name-not-settled "^deadlock! blocked tasks" schedules registry::
caught shuttle/waiters-of-the-dead "^deadlock! blocked tasks" schedules watchers::
caught shuttle/name-freed-by-another "a map without a name lives" schedules registry::
echo "Names, watchers and teardown hold under every schedule tried, and 3 planted bugs were caught"
