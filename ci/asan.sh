#!/usr/bin/env bash
# AddressSanitizer and LeakSanitizer on every test of the core: bash ci/asan.sh [quick | rounds]. `quick` instruments the core alone and runs a part of its tests.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/planted.sh

# The runtime comes with Rust's std, so the installed compiler does; -Z is all that wants a nightly.
target=$(rustc -vV | sed -n 's/^host: //p')
export ASAN_OPTIONS=detect_leaks=1:detect_odr_violation=0:detect_stack_use_after_return=1

if [ "${1:-}" = quick ]; then
  # Through a wrapper for the workspace's own crates, so that dependencies are those which `cargo test` has already compiled.
  export RUSTC_WORKSPACE_WRAPPER=$PWD/ci/asan-rustc.sh
  cargo test --quiet -p shardmap-core --lib --test keys --test map --test versions --test flights
  echo 'AddressSanitizer: nothing found in keys, values, maps, versions and flights'
  exit
fi

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target/asan} CARGO_PROFILE_DEV_DEBUG=line-tables-only
export RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address
sanitized() { cargo test --quiet -p shardmap-core --target "$target" "$@"; }

rounds=${1:-1}
for round in $(seq "$rounds"); do
  echo "AddressSanitizer: all tests of the core, round $round of $rounds"
  sanitized --tests
done

caught asan/clone-uncounted 'ERROR: AddressSanitizer: heap-use-after-free' sanitized --lib packed
caught asan/heap-ignored 'ERROR: AddressSanitizer: stack-buffer-overflow' sanitized --test keys
caught asan/value-forgotten 'ERROR: LeakSanitizer: detected memory leaks' sanitized --lib packed
echo "AddressSanitizer and LeakSanitizer: nothing found in $rounds rounds of the core's tests; both find what was planted"
