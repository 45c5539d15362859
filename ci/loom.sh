#!/usr/bin/env bash
# The protocols of the core under every interleaving that loom can find.
set -euo pipefail
cd "$(dirname "$0")/.."
RUSTFLAGS="--cfg shardmap_loom" CARGO_TARGET_DIR=target/loom cargo test --quiet --release -p shardmap-core --test loom --test loom_leases --test loom_flights --test loom_cache
