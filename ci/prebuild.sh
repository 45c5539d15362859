#!/usr/bin/env bash
# Builds the addon for other platforms, each into its package in npm/, and checks every file: bash ci/prebuild.sh [platform or triple...]   (none: all of scripts/targets.mjs)
set -euo pipefail
cd "$(dirname "$0")/.."
. ci/zig.sh
. ci/tools.sh
root=$PWD
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target/prebuild} CARGO_INCREMENTAL=0 MACOSX_DEPLOYMENT_TARGET=11.0
reports=$root/target/prebuild-reports
asked=$(node scripts/prebuilt.mjs targets "$@")
mapfile -t targets <<< "$asked"

# Two at the same time would write one another's files and reports.
mkdir -p "$root/target"
exec {alone}> "$root/target/prebuild.lock"
flock --nonblock "$alone" || { echo "another ci/prebuild.sh is at work in this folder; this one begins when it has ended"; flock "$alone"; }

needs_zig
needs_tool cargo-auditable 0.7.7
needs_tool rust-audit-info 0.5.4
mkdir -p "$reports"

# Nothing of the addon names this machine: not where its sources are, nor those of its crates and of Rust.
cargo_home=${CARGO_HOME:-$HOME/.cargo}
places=("$root=." "$cargo_home=cargo" "$(rustc --print sysroot)=rust" "$CARGO_TARGET_DIR=target")
flags="${places[*]/#/--remap-path-prefix=}"

# Stands in for the import library of Node on Windows, of which nothing is linked: the addon looks its functions up in the process.
export LIBNODE_PATH=$CARGO_TARGET_DIR/libnode
mkdir -p "$LIBNODE_PATH"
printf '!<arch>\n' | tee "$LIBNODE_PATH/libnode.a" > "$LIBNODE_PATH/libnode.dll.a"
: > "$LIBNODE_PATH/libnode.dll"

for target in "${targets[@]}"; do
  read -r platform zig file _ <<< "$target"
  triple=${zig%.2.17}
  echo "building $platform"
  needs_targets "$triple"
  # On musl Rust links programs, and thus not libraries, without a shared libc.
  case $triple in *-musl) extra=' -C target-feature=-crt-static' library=libshardmap_napi.so ;; *-apple-*) extra='' library=libshardmap_napi.dylib ;;
    *-windows-*) extra='' library=shardmap_napi.dll ;; *) extra='' library=libshardmap_napi.so ;; esac
  RUSTFLAGS=$flags$extra cargo auditable zigbuild --quiet --locked --release --package shardmap-napi --target "$zig"
  cp "$CARGO_TARGET_DIR/$triple/release/$library" "$file"
  "$zig_python" ci/prebuild/check.py "$platform" "$file" "$root" "$CARGO_TARGET_DIR" "$cargo_home" "$HOME" > "$reports/$platform.json"
  # It holds the list of its crates, by which known faults in them can be found: `cargo audit bin`.
  rust-audit-info "$file" > "$reports/$platform-crates.json"
done
node scripts/prebuilt.mjs table "$reports"
