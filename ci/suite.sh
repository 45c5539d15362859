#!/usr/bin/env bash
# The test suite on the binary of a platform's package, on this machine, which must be one of that platform, without Rust: ci/suite.sh <platform>
set -euo pipefail
cd "$(dirname "$0")/.."
platform=$1
binary=npm/$platform/shardmap.$platform.node
[ -e "$binary" ] || { echo "there is no $binary: bash ci/prebuild.sh $platform" >&2; exit 1; }
node scripts/run.mjs types
cp "$binary" .
node scripts/run.mjs tests
echo "the suite on $(node -p 'process.platform + " " + process.arch'), Node $(node --version)"
node node_modules/ava/entrypoints/cli.mjs
