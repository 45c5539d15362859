# Sourced by scripts of ci/. `needs_tool <crate> <version>` puts the binaries of a crate, built from source by its own lock file, first in PATH, from target/tools, where they stay.
needs_tool() {
  local tool=$PWD/target/tools/$1-$2
  if [ ! -d "$tool/bin" ]; then
    echo "installing $1 $2"
    cargo install --quiet --locked --root "$tool" "$1@$2"
  fi
  PATH=$tool/bin:$PATH
}
