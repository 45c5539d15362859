#!/usr/bin/env bash
# The release on GitHub, with the changelog's entry and the bills of materials; if it is there, its files are put anew: ci/announce.sh <tag>, with gh logged in
set -euo pipefail
cd "$(dirname "$0")/.."
tag=$1
node scripts/version.mjs --tag "$tag"
notes=$(mktemp)
trap 'rm -f "$notes"' EXIT
node scripts/version.mjs --entry > "$notes"
if gh release view "$tag" > /dev/null 2>&1; then
  gh release upload "$tag" --clobber build/sbom/*.cdx.json
else
  case $tag in *-*) kind=--prerelease ;; *) kind=--latest ;; esac
  gh release create "$tag" --verify-tag --title "$tag" --notes-file "$notes" "$kind" build/sbom/*.cdx.json
fi
