#!/usr/bin/env bash
# The bills of materials, CycloneDX 1.5, in build/sbom: of the crates in each platform's binary, and of the npm packages that are in shardmap's bundle; validated by the schema,
# and compared with what Cargo, the binaries and package-lock.json say is in there: ci/sbom.sh
set -euo pipefail
cd "$(dirname "$0")/.."
source ci/planted.sh
source ci/tools.sh
needs_tool cargo-cyclonedx 0.5.9
needs_tool rust-audit-info 0.5.4
npm ci --silent --prefix ci/sbom --ignore-scripts --omit=optional
node scripts/run.mjs types

# So that the same commit gives the same bills.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
out=$PWD/build/sbom
tree=$PWD/target/sbom/tree
rm -rf "$out"
mkdir -p "$out"

# cargo-cyclonedx writes beside each Cargo.toml: in a copy.
copied "$tree"
while read -r platform triple; do
  echo "crates of $platform"
  (cd "$tree" && cargo cyclonedx --quiet --manifest-path crates/shardmap-napi/Cargo.toml --format json --spec-version 1.5 --target "$triple" --no-build-deps --override-filename bill)
  node ci/sbom/normalize.mjs "$tree" < "$tree/crates/shardmap-napi/bill.json" > "$out/shardmap-$platform.cdx.json"
done < <(node --input-type=module -e "import { targets } from './scripts/targets.mjs'; for (const { platform, triple } of targets) console.log(platform, triple)")

echo 'npm packages of shardmap'
node ci/sbom/node_modules/@cyclonedx/cyclonedx-npm/bin/cyclonedx-npm-cli.js --package-lock-only --omit dev --omit peer --omit optional --mc-type library --output-reproducible --spec-version 1.5 --no-validate --output-file - | node ci/sbom/bundled.mjs > "$out/shardmap.cdx.json"

node ci/sbom/check.mjs "$out"

# The check itself: a bill without a crate that is in the binary, one without msgpackr, one with what is not published, and one that is none are refused.
bad=$PWD/target/sbom/bad
refused() {
  rm -rf "$bad"
  cp -R "$out" "$bad"
  node -e 'const fs = require("fs"); const bill = JSON.parse(fs.readFileSync(process.argv[1])); eval(process.argv[2]); fs.writeFileSync(process.argv[1], JSON.stringify(bill))' "$bad/$1" "$2"
  if node ci/sbom/check.mjs "$bad" > target/sbom/refused.log 2>&1 || ! grep --quiet --extended-regexp "$3" target/sbom/refused.log; then
    cat target/sbom/refused.log >&2
    echo "a planted fault in $1 was not caught" >&2
    exit 1
  fi
  echo "caught, as it must be: $3"
}
refused shardmap-linux-x64-gnu.cdx.json 'bill.components = bill.components.filter((it) => it.name !== "redb")' 'redb@.* is not in the bill'
refused shardmap.cdx.json 'bill.components = bill.components.filter((it) => it.name !== "msgpackr")' 'msgpackr@.* is not in the bill'
refused shardmap.cdx.json 'bill.components.push({ ...bill.components[0], name: "lmdb", "bom-ref": "lmdb" })' 'lmdb@.* in nothing that is published'
refused shardmap-darwin-x64.cdx.json 'delete bill.components[3].licenses' 'has no licence'
refused shardmap-darwin-arm64.cdx.json 'bill.components[0].type = "crate"' 'is not CycloneDX 1.5'
