# Sourced by what compiles for other platforms. `needs_zig` puts zig and cargo-zigbuild on PATH, and `zig_python` has lief, which reads what was built;
# `needs_targets <triple...>` has Rust's standard library for each.
lief=1.0.0

# On Linux x64 and arm64, whose files the hashes are of.
needs_zig() {
  local venv=$PWD/target/tools/zig
  zig_python=$venv/bin/python
  export PATH=$venv/bin:$PATH CARGO_ZIGBUILD_CACHE_DIR=$venv/cache ZIG_GLOBAL_CACHE_DIR=${ZIG_GLOBAL_CACHE_DIR:-$venv/cache/zig}
  if ! cmp --silent ci/prebuild/requirements.txt "$venv/installed.txt"; then
    echo 'installing zig, cargo-zigbuild and lief'
    rm -rf "$venv"
    python3 -m venv "$venv" || { echo 'Python has no venv here: install python3-venv, then run this again' >&2; return 1; }
    "$zig_python" -m pip install --quiet --no-deps --only-binary :all: --require-hashes --requirement ci/prebuild/requirements.txt
    "$zig_python" -m pip install --quiet --no-deps --only-binary :all: "lief==$lief"
    cp ci/prebuild/requirements.txt "$venv/installed.txt"
  fi
}

needs_targets() {
  local triple
  for triple in "$@"; do
    [ -d "$(rustc --print sysroot)/lib/rustlib/$triple/lib" ] && continue
    command -v rustup > /dev/null || { echo "Rust's standard library for $triple is not there, and there is no rustup to install it" >&2; return 1; }
    rustup target add "$triple"
  done
}
