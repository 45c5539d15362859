#!/usr/bin/env bash
# ThreadSanitizer, with a std that is built for it, on the core's tests of several threads: bash ci/tsan.sh [rounds]
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/planted.sh
. ci/nightly.sh
needs_nightly rust-src

rounds=${1:-1}
target=$(rustc -vV | sed -n 's/^host: //p')
# The cfg is parking_lot's: an acquiring load where it has a fence, which ThreadSanitizer does not know. Std does the same by itself.
export RUSTFLAGS='-Zsanitizer=thread --cfg tsan_enabled'
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target/tsan} CARGO_PROFILE_DEV_DEBUG=line-tables-only
# Suppressions go by names, so there must be something that finds them; addr2line comes with the linker.
symbolizer=$(command -v llvm-symbolizer || command -v addr2line)
# Tests that panic on purpose need no backtraces, which take a sanitized std a minute each.
export RUST_BACKTRACE=0
export TSAN_OPTIONS="halt_on_error=1:suppressions=$PWD/ci/tsan.supp:external_symbolizer_path=$symbolizer"

sanitized() { cargo "+$nightly" test --quiet -p shardmap-core -Zbuild-std --target "$target" "$@"; }

# Models of one thread, what asks how much memory there is, and what takes a minute for what others show too.
alone=(agrees_with model:: properties:: memory:: deltas:: batches:: window:: tinylfu:: wheel:: blocks:: many_keys_of no_growth_moves neither_bound)
for round in $(seq "$rounds"); do
  echo "ThreadSanitizer: the core's tests of several threads, round $round of $rounds"
  sanitized --lib --test map --test versions --test cache --test flights --test leases --test dump --test store -- "${alone[@]/#/--skip=}"
done

caught tsan/read-without-lock 'WARNING: ThreadSanitizer: data race' sanitized --test map -- one_point_in_time
caught tsan/increment-under-shared-lock 'WARNING: ThreadSanitizer: data race' sanitized --test map -- lose_nothing
echo "ThreadSanitizer: no data race in $rounds rounds of the core's tests of several threads, and both that were planted"
