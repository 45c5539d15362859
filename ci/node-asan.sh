#!/usr/bin/env bash
# The addon under AddressSanitizer in Node, whose own leaks do not count, by the ava suite: bash ci/node-asan.sh [all]. `all` runs every file of it.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/planted.sh

# What is about the boundary: threads that come and go, what is held and let go, what panics and what is forged.
specs=(batch cache-fetch cache-panics codec commits deltas durable errors exit keys letters lifetime locks-threads many panics receivers reentry
  snapshot-panics snapshot-threads terminate transactions versions-lifetime workers)
[ "${1:-}" = all ] && specs=('*')

# GCC's runtime, for Rust links with GCC: Node itself is not sanitized, so it must be there before Node.
runtime=$(gcc -print-file-name=libasan.so)
[ -e "$runtime" ] || { echo 'gcc comes without libasan here' >&2; exit 1; }
target=$(rustc -vV | sed -n 's/^host: //p')
root=$PWD
whole=$root/target/node-asan/tree
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target/node-asan} CARGO_PROFILE_DEV_DEBUG=line-tables-only CARGO_PROFILE_DEV_OPT_LEVEL=1

# Builds a sanitized addon, in a copy of the tree.
addon() {
  RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address node node_modules/@napi-rs/cli/dist/cli.js build --platform --target "$target" \
    --manifest-path crates/shardmap-napi/Cargo.toml --package-json-path package.json --output-dir . --no-js --dts build/binding.d.ts
}

# Runs files of the suite there.
sanitized() {
  LD_PRELOAD=$runtime ASAN_OPTIONS=detect_leaks=0:detect_odr_violation=0 \
    node node_modules/ava/entrypoints/cli.mjs --concurrency 2 --timeout 10m "${@/#/build/test/}"
}

# The same where a bug was planted in Rust: all else is what the tree without it has.
planted() {
  addon && cp -r "$whole/dist" "$whole/build" . && sanitized "$@"
}

node -e "import('./scripts/ensure.mjs').then((ensure) => ensure.ensureModules())"
copied "$whole"
(
  cd "$whole"
  addon
  node scripts/run.mjs tests
  sanitized "${specs[@]/%/.spec.js}"
)

caught node-asan/no-room-for-bytes 'ERROR: AddressSanitizer: heap-buffer-overflow' planted codec.spec.js
caught node-asan/hook-uncounted 'ERROR: AddressSanitizer: heap-use-after-free' planted locks-threads.spec.js
echo "AddressSanitizer in Node: nothing found by $([ "${1:-}" = all ] && echo all || echo ${#specs[@]}) files of the suite, and found what was planted in the boundary"
