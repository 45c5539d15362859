#!/usr/bin/env bash
# Coverage-guided fuzzing of codecs, files and operations under AddressSanitizer, and long runs of the face's properties: bash ci/fuzz.sh [seconds per target]
# bash ci/fuzz.sh face [times]: the properties alone, so many times as long as in the tests. What a target finds lies in target/fuzz/found; give it a name in crates/fuzz/corpus.
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/planted.sh

face() {
  local seed=${FUZZ_SEED:-$((RANDOM * 32768 + RANDOM))}
  echo "properties of the face, $1 times as long as in the tests, seed $seed"
  FUZZ_TIMES=$1 FUZZ_SEED=$seed node scripts/run.mjs ava --timeout=60m build/test/{model,snapshot-model,cache-model,codec,hostile}.spec.js
}

if [ "${1:-}" = face ]; then
  face "${2:-50}"
  echo "the properties of the face held ${2:-50} times as long as in the tests"
  exit
fi
seconds=${1:-25}

tools=$PWD/target/tools
PATH=$tools/bin:$PATH
cargo fuzz --version 2> /dev/null | grep -qx 'cargo-fuzz 0.13.2' || cargo install --quiet --locked --root "$tools" cargo-fuzz@0.13.2

# Coverage and sanitizer come with the installed compiler; -Z is all that wants a nightly.
export RUSTC_BOOTSTRAP=1 ASAN_OPTIONS=detect_odr_violation=0
built=$PWD/target/fuzz
target=$(rustc -vV | sed -n 's/^host: //p')
work=$(mktemp -d "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")/shardmap-fuzz.XXXXXX")
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work
mkdir -p "$built/found"

build() {
  cargo fuzz build --fuzz-dir crates/fuzz --target-dir "$built" "$@"
}

# What is new goes to a copy of the corpus: it is committed by hand, minimised.
fuzz() {
  local name=$1 seconds=$2 corpus=$work/corpus/$1
  mkdir -p "$corpus"
  "$built/$target/release/$name" "$corpus" "crates/fuzz/corpus/$name" -artifact_prefix="$built/found/$name-" \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=256 -max_len=4096 -len_control=0 -print_final_stats=1 > "$work/$name.log" 2>&1 || {
    tail -n 60 "$work/$name.log"
    echo "$name: a bug" >&2
    return 1
  }
  echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name.log") inputs, $(find "$corpus" -type f | wc -l) of them new"
}

build
names=$(cd crates/fuzz/fuzz_targets && ls | sed 's/\.rs$//')
echo "$(echo "$names" | wc -l) targets, two at a time, $seconds seconds each"
export -f fuzz
export built target work
echo "$names" | xargs -P 2 -I {} bash -c "fuzz {} $seconds"

# The corpus alone catches bugs of these kinds, without a fuzzer. What is planted is compiled to places where nothing else is: cargo takes a newer one of the
# same name for the one it wants.
replay() { cargo test --quiet --target-dir "$built" -p shardmap-fuzz-bodies --test replay -- --exact "$1"; }
caught fuzz/delta-of-another-base 'panicked at crates/fuzz-bodies/src/delta' replay delta
caught fuzz/bytes-beyond-the-bound 'panicked at .*tests/cache/model' replay cache

# And a fuzzer this one, from inputs that are sound.
fuzz_sound() {
  mkdir -p "$work/sound"
  cp crates/fuzz/corpus/key_decode/seed-* "$work/sound"
  rm -f "$work"/sound/*cut*
  build --dev key_decode && "$built/$target/debug/key_decode" "$work/sound" -max_total_time=60 -artifact_prefix="$work/"
}
caught fuzz/length-not-checked 'SUMMARY: AddressSanitizer: (heap-buffer-overflow|SEGV) .*key/decode' fuzz_sound

face 4
echo "fuzzed $(echo "$names" | wc -l) targets for $seconds seconds each from the committed corpus, and the properties of the face: nothing found; what was planted is"
