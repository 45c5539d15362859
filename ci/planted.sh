# Sourced by the checks of ci/. A tool is trusted once it has caught a bug that was planted for it: each planted bug is a patch in ci/planted/<tool>/
# that the check puts on a copy of the tree, where the same command must fail, and say what it found.
#
#   caught <tool>/<bug> <pattern> <command...>
#
# runs the command in target/planted/<tool>, a copy of the working tree with ci/planted/<tool>/<bug>.patch applied. It returns 0 if the command failed and
# its output has a line that matches the extended regular expression; otherwise it shows the output's end and returns 1. Set CARGO_TARGET_DIR to keep what was compiled.

# Copies the working tree, without what was built, into a folder, which is made anew.
copied() {
  local root tree=$1
  root=$(git rev-parse --show-toplevel)
  rm -rf "$tree"
  mkdir -p "$tree"
  # Copied without their times: cargo must not take a file whose bug is gone again for the one that it compiled.
  (cd "$root" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents --target-directory "$tree")
  if [ -d "$root/node_modules" ]; then
    ln -s "$root/node_modules" "$tree/node_modules"
    # So that nothing is installed through the link.
    mkdir -p "$tree/build/stamps"
    cp "$root/build/stamps/modules" "$tree/build/stamps/modules"
  fi
}

caught() {
  local bug=$1 pattern=$2 root tree log
  shift 2
  root=$(git rev-parse --show-toplevel)
  tree=$root/target/planted/${bug%%/*}
  log=$root/target/planted/${bug//\//-}.log
  copied "$tree"
  # Cargo knows a crate by its place in its workspace, whichever folder that is: only by a profile of its own is what is compiled with the bug kept
  # apart from what is compiled without it, which would be taken for up to date.
  mkdir -p "$tree/.cargo"
  printf '[profile.%s.package.shardmap-%s]\ncodegen-units = 15\n' dev core dev napi release core release napi > "$tree/.cargo/config.toml"
  if ! (cd "$tree" && patch --strip 1 --fuzz 0 --quiet < "$root/ci/planted/$bug.patch"); then
    echo "ci/planted/$bug.patch does not fit the code any more: plant the same bug anew" >&2
    return 1
  fi
  if (cd "$tree" && "$@") > "$log" 2>&1; then
    tail -n 40 "$log" >&2
    echo "the planted bug $bug was not caught" >&2
    return 1
  fi
  if ! grep --extended-regexp --quiet "$pattern" "$log"; then
    tail -n 40 "$log" >&2
    echo "the planted bug $bug made it fail, but nothing says: $pattern" >&2
    return 1
  fi
  echo "caught, as it must be: $bug"
}
