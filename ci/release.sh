#!/usr/bin/env bash
# All that a release does on one machine, but publish: versions and changelog, packages with their contents, what `npm publish` would do: ci/release.sh [--dry-run]
# With --dry-run it goes on with what is there, and says what a release would still need. Who publishes is .github/workflows/release.yml, see docs/releasing.md.
set -euo pipefail
cd "$(dirname "$0")/.."
case ${1:-} in
  '') strict=--release ;;
  --dry-run) strict='' ;;
  *) echo "ci/release.sh takes --dry-run, not $1" >&2; exit 2 ;;
esac

version=$(node scripts/version.mjs)
echo "version $version, in every file that names it"
needed=()
need() {
  [ -z "$strict" ] || { echo "$1" >&2; exit 1; }
  needed+=("$1")
}
unready=$(node scripts/version.mjs --tag "v$version" 2>&1 > /dev/null) || need "$unready"
shopt -s nullglob
files=(build/sbom/*.cdx.json)
bills=${#files[@]}
[ "$bills" -gt 0 ] || need 'there are no bills of materials: bash ci/sbom.sh'

node scripts/pack.mjs $strict
node scripts/publish.mjs --dry-run

echo
ls -l build/packages/*.tgz | awk '{ printf "%-60s %9d bytes\n", $9, $5 }'
if [ ${#needed[@]} -gt 0 ]; then printf 'a release would still need: %s\n' "${needed[@]}"; fi
echo "release: $(ls build/packages/*.tgz | wc -l) packages of $version packed, $bills bills of materials; nothing was published"
