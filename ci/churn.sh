#!/usr/bin/env bash
# A cache at its bounds under four threads; resident memory must stay flat within 5 %: bash ci/churn.sh [minutes]
set -euo pipefail
cd "$(dirname "$0")/.."
node scripts/run.mjs churn "${1:-10}"
