#!/usr/bin/env bash
# The protocols of the core, and its own maps and caches, under every interleaving that loom finds, with planted bugs. Usage: ci/loom.sh [quick | preemptions]
# `quick` plants nothing. Maps and caches are gone through with 2 preemptions, or as many as are given; each more takes ten times as long.
set -euo pipefail
cd "$(dirname "$0")/.."
source ci/planted.sh
export CARGO_TARGET_DIR=$PWD/target/loom RUSTFLAGS="--cfg shardmap_model --cfg shardmap_loom"

models() {
  cargo test --quiet --profile model -p shardmap-core --test loom -- "$@"
}

if [ "${1:-}" = quick ]; then
  models
  exit
fi
echo "Every interleaving with ${1:-2} preemptions"
[ -z "${1:-}" ] || export LOOM_MAX_PREEMPTIONS=$1
models
unset LOOM_MAX_PREEMPTIONS
caught loom/version-after-the-lock "a hit contradicts a write" models map::
caught loom/turn-never-odd "a hit (is older|contradicts)" models versions::
caught loom/no-promotion "^deadlock; threads =" models flights::
caught loom/pass-without-order "a crowded shard is forgotten" models growth::
caught loom/end-without-waiting "a value holds after the end" models cache::
echo "Every protocol holds under every interleaving, and 5 planted bugs were caught"
