#!/usr/bin/env bash
# Clippy for each platform that is built, by its own triple: what only 32 bits, Windows or macOS would show. Nothing is linked: bash ci/targets.sh [platform or triple...]
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/zig.sh
asked=$(node scripts/prebuilt.mjs targets "$@")
mapfile -t targets <<< "$asked"

for target in "${targets[@]}"; do
  read -r platform _ _ triple <<< "$target"
  echo "clippy for $platform"
  needs_targets "$triple"
  cargo clippy --quiet --locked --package shardmap-core --package shardmap-napi --target "$triple" -- --deny warnings
done
echo "ok: clippy has nothing to say for ${#targets[@]} platforms"
