#!/usr/bin/env bash
# The protocols of the core, and its own maps and caches, under every interleaving that loom finds, with the planted bugs. Usage: ci/loom.sh [quick | preemptions]
# `quick` plants nothing. Real maps are gone through with 2 preemptions, or as many as are given: 3 take a minute more.
set -euo pipefail
cd "$(dirname "$0")/.."
source ci/planted.sh
export CARGO_TARGET_DIR=$PWD/target/loom RUSTFLAGS="--cfg shardmap_model --cfg shardmap_loom"

models() {
  cargo test --quiet --profile model -p shardmap-core --test loom
}

if [ "${1:-}" != quick ] && [ -n "${1:-}" ]; then
  export LOOM_MAX_PREEMPTIONS=$1
fi
models
