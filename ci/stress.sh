#!/usr/bin/env bash
# The stress suite of the articles in full, with other choices in each run: 16 streams into a store that fails, a million new keys, 100,000 writers at once,
# 1,000 conflicts, races and creations that must end exact, stamps; and six planted bugs are caught: bash ci/stress.sh [runs]
set -euo pipefail
cd "$(dirname "$0")/.."
source ci/planted.sh
runs=${1:-3}
root=$PWD
node scripts/run.mjs suite

for seed in $(seq "$runs"); do
  echo "run $seed of $runs (STRESS_SEED=$seed)"
  STRESS_SEED=$seed STRESS_ROUNDS=8 node node_modules/ava/entrypoints/cli.mjs 'build/test/stress/*.spec.js'
done

# Runs one test on a tree with a planted bug, where only what the bug has changed is made anew, and the addon with less care than for users.
stresses() {
  cp -R "$root/dist" . && cp "$root"/*.node . && cp -R "$root/build/test" build && cp "$root"/build/stamps/* build/stamps &&
    CARGO_TARGET_DIR=$root/target/planted-stress CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off \
      CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_INCREMENTAL=1 node scripts/run.mjs suite &&
    node node_modules/ava/entrypoints/cli.mjs --match="*$2*" "build/test/stress/$1.spec.js"
}
finds() { caught "stress/$1" "\[fail\]: .*$3" stresses "$2" "$3"; }

finds updates-unchecked races 'all ways to add to one key'
finds created-twice creating 'are created once'
finds requests-kept outstanding 'memory does not grow'
finds ids-forgotten pipeline '16 streams into a store'
finds locks-overtake conflicts 'ask for one lock at once'
finds stamp-before stamps 'what sessions read with stamps'
echo "ok: $runs runs of the stress suite exact, six planted bugs caught"
