#!/usr/bin/env bash
# Recorded histories of maps, versions and caches are linearizable, by Porcupine and by the checker of the tests; transactions are strictly serializable;
# and six planted bugs are caught: bash ci/linearizable.sh [minutes]
set -euo pipefail
cd "$(dirname "$0")/.."
source ci/planted.sh
seconds=$((60 * ${1:-1}))
root=$PWD
out=$root/target/linearizable

if ! command -v go > /dev/null; then
  echo "Porcupine, which judges the histories, is written in Go, and there is no go: install Go 1.21 or newer (https://go.dev/dl, or the system's package golang-go), then run this again. Without it, npm test judges short histories by a checker of its own." >&2
  exit 1
fi
rm -rf "$out"
mkdir -p "$out"
echo "building Porcupine"
export GOMODCACHE=$root/target/go/modules GOCACHE=$root/target/go/cache GOFLAGS="-mod=readonly -modcacherw -buildvcs=false"
(cd ci/linearizable && go build -o "$out/porcupine" .)
node scripts/run.mjs suite

echo "recording for $seconds s, and at least once in every setting"
node build/test/fixtures/linearizable-main.js "$out/histories" "$out/porcupine" "$seconds"
node build/test/fixtures/serializable-main.js "$out/histories" "$((seconds / 4))"

# Runs one of them on a tree with a planted bug, where only what the bug has changed is made anew, and the addon with less care than for users.
records() {
  cp -R "$root/dist" . && cp "$root"/*.node . && cp -R "$root/build/test" build && cp "$root"/build/stamps/* build/stamps &&
    CARGO_TARGET_DIR=$root/target/planted-linearizable CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off \
      CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_INCREMENTAL=1 node scripts/run.mjs suite &&
    node "build/test/fixtures/$1-main.js" "$out/planted" "${@:2}"
}
rejects() { caught "linearizable/$1" "$3" records linearizable "$out/porcupine" 20 "$2"; }

rejects near-not-validated map 'not linearizable, by both checkers: map'
rejects map-slot-after-store map 'not linearizable, by both checkers: map'
rejects versions-slots-after-swap versions 'not linearizable, by both checkers: versions'
rejects cache-slot-after-store cache 'not linearizable, by both checkers: cache'
rejects cache-load-not-spoiled cache 'stale: cache.* loaded before a write that was over'
caught linearizable/versions-reads-unchecked 'not serializable' records serializable 10
echo "ok: histories linearizable, transactions strictly serializable, six planted bugs caught"
