#!/usr/bin/env bash
# The workflows of GitHub: sound by actionlint (with shellcheck for their commands), and by zizmor nothing in them that a stranger could use; and faults planted in them are caught.
set -euo pipefail
cd "$(dirname "$0")/.."
source ci/planted.sh

actionlint=1.7.12
tools=$PWD/target/tools
mkdir -p target
export PATH=$tools/workflows/bin:$tools/actionlint-$actionlint:$PATH
if [ ! -x "$tools/actionlint-$actionlint/actionlint" ]; then
  if ! command -v go > /dev/null; then
    echo "actionlint is written in Go, and there is no go: install Go 1.24 or newer (https://go.dev/dl, or the system's package golang-go), then run this again." >&2
    exit 1
  fi
  echo "installing actionlint $actionlint"
  GOMODCACHE=$PWD/target/go/modules GOCACHE=$PWD/target/go/cache GOFLAGS=-modcacherw GOBIN=$tools/actionlint-$actionlint go install "github.com/rhysd/actionlint/cmd/actionlint@v$actionlint"
fi
if ! cmp --quiet ci/workflows/requirements.txt "$tools/workflows/requirements.txt"; then
  if [ "$(uname -sm)" != 'Linux x86_64' ]; then
    echo 'ci/workflows.sh knows the hashes of zizmor and shellcheck for Linux x64: run it there' >&2
    exit 1
  fi
  echo 'installing zizmor and shellcheck'
  rm -rf "$tools/workflows"
  python3 -m pip install --quiet --root-user-action ignore --no-deps --only-binary :all: --require-hashes --target "$tools/workflows" --requirement ci/workflows/requirements.txt
  cp ci/workflows/requirements.txt "$tools/workflows/requirements.txt"
fi

sound() { actionlint -no-color .github/workflows/*.yml; }
safe() { zizmor --offline --no-progress --color never --persona pedantic --strict-collection .github; }

echo 'actionlint'
sound
echo 'zizmor, without asking GitHub'
safe
caught workflows/no-such-job 'job "\w+" which does not exist|does not exist in "needs"' sound
caught workflows/unquoted 'SC2086' sound
caught workflows/title-in-command 'template-injection' safe
caught workflows/pinned-by-tag 'unpinned-uses' safe
caught workflows/credentials-kept 'artipacked' safe
caught workflows/may-write-all 'excessive-permissions' safe
echo "workflows: $(ls .github/workflows | wc -l), sound and safe by both tools; 6 planted faults were caught"
