#!/usr/bin/env bash
# What was written for the last release still compiles: the crate shardmap-core by cargo-semver-checks, the types of the package by ci/semver/types.mjs; and planted breaks are caught.
# Usage: ci/semver.sh [git revision]. Without one: the newest tag v* before HEAD, or while there is none, HEAD, which only shows that the tools work.
set -euo pipefail
cd "$(dirname "$0")/.."
source ci/planted.sh
source ci/tools.sh
needs_tool cargo-semver-checks 0.51.0

baseline=${1:-$(git describe --tags --abbrev=0 --match 'v[0-9]*' HEAD^ 2> /dev/null || true)}
if [ -z "$baseline" ]; then
  baseline=HEAD
  echo 'there is no tag of a release: compared with HEAD, which shows that the tools work and nothing of compatibility'
fi
old=$PWD/target/semver/old
rm -rf "$old"
mkdir -p "$old"
git archive "$baseline" | tar --extract --directory "$old"

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}/semver
node scripts/run.mjs types
core() { cargo semver-checks --manifest-path crates/shardmap-core/Cargo.toml --baseline-root "$old/crates/shardmap-core"; }
types() { node ci/semver/types.mjs "$old"; }

echo "crate: shardmap-core beside $baseline"
core
echo "types beside $baseline"
types
caught semver/method-gone 'inherent_method_missing' core
caught semver/variant-more 'enum_variant_added' core
caught semver/option-gone 'SharedMapOptions: .*near' types
caught semver/takes-less 'SharedCache: ' types
echo "semver: compatible with $baseline ($(git rev-parse --short "$baseline")), the crate and the types; 4 planted breaks were caught"
