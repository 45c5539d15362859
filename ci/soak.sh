#!/usr/bin/env bash
# All structures and operations by threads that come and go, under faults: nothing lost, memory flat; then bugs that it must catch: bash ci/soak.sh [minutes]
set -euo pipefail
cd "$(dirname "$0")/.."
source ci/planted.sh
minutes=${1:-2}

node scripts/run.mjs soak --minutes "$minutes"

# In a copy of the tree with a bug in its TypeScript; the addon is the same.
soaked() {
  cp "$root"/shardmap.*.node .
  cp "$root/build/stamps/native" build/stamps/
  node scripts/run.mjs soak "$@"
}
echo "planted: a transaction's reads are not checked, a near cache is not, scratch memory of handles is kept for ever (a minute and a half)"
caught soak/lost-update '(money constant( in a transaction)?|counter within its writes): .* \(seat' soaked --minutes 2 --any-memory
caught soak/stale-near '(write told is read|own write is read|counter within its writes): .* \(seat' soaked --minutes 2 --any-memory
caught soak/kept-scratch 'memory is not flat' soaked --minutes 1.5
echo "ok: $minutes minutes of soak lost nothing and left nothing, memory was flat; a lost update, a stale read and a leak were caught"
