# Sourced by the checks that need a nightly Rust, which is pinned here. `needs_nightly <component...>` installs it with these components, unless it is there.
nightly=nightly-2026-05-20

needs_nightly() {
  local component components
  components=$(rustup component list --toolchain "$nightly" --installed 2> /dev/null || true)
  for component in "$@"; do
    if ! grep --quiet "^$component" <<< "$components"; then
      rustup toolchain install "$nightly" --profile minimal --no-self-update "${@/#/--component=}"
      return
    fi
  done
}
