#!/usr/bin/env bash
# Miri, by stacked and by tree borrows, on the core's codecs, structures and protocols, those of several threads with many seeds: bash ci/miri.sh [seeds]
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/planted.sh
. ci/nightly.sh
needs_nightly miri rust-src

seeds=${1:-2}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target/miri} PROPTEST_CASES=2
# The provenance of long keys and values is exposed, for their addresses stand in words, and so is that of parking_lot's queues.
# The clock and the folder of the tests are the machine's.
common='-Zmiri-disable-isolation -Zmiri-permissive-provenance -Zmiri-address-reuse-rate=0.9 -Zmiri-address-reuse-cross-thread-rate=0.9'
# The process's own threads never end.
threaded="-Zmiri-many-seeds=0..$seeds -Zmiri-ignore-leaks"

# interprets <flags> <test target...> -- <filters...>: a filter that finds no test is a fault.
interprets() {
  local log=$CARGO_TARGET_DIR/miri.log
  mkdir -p "$CARGO_TARGET_DIR"
  MIRIFLAGS="$common $1" cargo "+$nightly" miri test --quiet -p shardmap-core "${@:2}" 2>&1 | tee "$log" || return
  if grep --quiet '^running 0 tests' "$log"; then echo "nothing was run of ${*:2}" >&2; return 1; fi
}

for model in '' -Zmiri-tree-borrows; do
  echo "Miri, ${model:-stacked borrows}: codecs and structures"
  interprets "$model" --lib -- packed:: slab:: events::tests::a_ slots:: root:: plan::
  interprets "$model" --test keys -- a_tuple order_ nan_is last_unit
  interprets "$model" --test map -- many_write outlives increment_keeps replace_if_refuses
  interprets "$model" --test flights -- panicking what_a_party
  echo "Miri, ${model:-stacked borrows}: protocols, $seeds seeds"
  interprets "$model $threaded" --test map -- lose_nothing one_point_in_time ends_under
  interprets "$model $threaded" --test versions -- threads:: bank:: publication::
  interprets "$model $threaded" --test flights -- threads::
  interprets "$model $threaded" --test leases -- in_any_order
  interprets "$model $threaded" --test cache -- ends:: increments_of
done

caught miri/bytes-of-half 'Undefined Behavior: .*(retag|does not exist in the borrow stack)' interprets '' --lib -- packed::
caught miri/rest-unwritten 'Undefined Behavior: .*uninitialized' interprets '' --test keys -- last_unit
caught miri/clone-uncounted 'Undefined Behavior: .*(has been freed|dangling)' interprets -Zmiri-tree-borrows --lib -- packed::
echo "Miri: nothing found in codecs and structures, nor in protocols with $seeds seeds, by either model of borrows; what was planted is found"
