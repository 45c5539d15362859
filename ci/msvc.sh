#!/usr/bin/env bash
# Builds the addon with Microsoft's linker, on Windows in Git's bash, into its package in npm/, and checks it as ci/prebuild.sh does: ci/msvc.sh <platform>
set -euo pipefail
cd "$(dirname "$0")/.."
source ci/tools.sh
case $(uname -s) in MINGW* | MSYS*) ;; *) echo 'ci/msvc.sh runs on Windows; elsewhere ci/prebuild.sh builds for it through zig' >&2; exit 1 ;; esac
platform=$1
triple=$(node --input-type=module -e "import { targetOf } from './scripts/targets.mjs'; console.log(targetOf(process.argv[1]).triple)" "$platform")
needs_tool cargo-auditable 0.7.7
rustup target add "$triple"

# The C runtime is linked into it, for not every Windows has Microsoft's; and it names nothing of this machine.
root=$(cygpath --windows "$PWD")
cargo_home=$(cygpath --windows "${CARGO_HOME:-$HOME/.cargo}")
flags=(-C target-feature=+crt-static "--remap-path-prefix=$root=." "--remap-path-prefix=$cargo_home=cargo" "--remap-path-prefix=$(rustc --print sysroot)=rust")
CARGO_ENCODED_RUSTFLAGS=$(printf '%s\037' "${flags[@]}" | sed 's/\o37$//')
export CARGO_ENCODED_RUSTFLAGS CARGO_TARGET_DIR=target
cargo auditable build --quiet --locked --release --package shardmap-napi --target "$triple"

file=npm/$platform/shardmap.$platform.node reports=target/prebuild-reports
mkdir -p "$reports"
cp "target/$triple/release/shardmap_napi.dll" "$file"
python -m pip install --quiet --no-deps --only-binary :all: --target target/tools/lief lief==1.0.0
PYTHONPATH=target/tools/lief python ci/prebuild/check.py "$platform" "$file" "$root" "$cargo_home" > "$reports/$platform.json"
node scripts/prebuilt.mjs table "$reports"
