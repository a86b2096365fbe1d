#!/bin/sh
# Whether the Node that npm's package "node" brought is the one that node.sha256 names: it is outside of package-lock.json.
# With --told it says in one line what npm would warn of for each package, where the machine's own Node is too old.
# In shell, because it would be that Node itself that checks; before anything is built with it.
set -eu
cd "$(dirname "$0")/.."
binary=node_modules/node/bin/node
[ -e "$binary" ] || exit 0

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) platform=linux-x64 ;;
  Linux-aarch64) platform=linux-arm64 ;;
  *) platform="$(uname -s)-$(uname -m)" ;;
esac
wanted=$(awk -v ending="-$platform" '!/^#/ && substr($2, length($2) - length(ending) + 1) == ending { print $1 }' node.sha256)
if [ -z "$wanted" ]; then
  echo "node.sha256 has no checksum of Node for $platform: add one, or install without development packages" >&2
  exit 1
fi
found=$(command -p sha256sum "$binary" | cut -d ' ' -f 1)
if [ "$found" = "$wanted" ]; then
  own=$("${npm_node_execpath:-$binary}" --version)
  # The first that is named: engines, and the oldest of it.
  least=v$(sed -n 's/.*"node": "^\([0-9.]*\).*/\1/p' package.json | head -n 1)
  oldest=$(printf '%s\n' "$own" "$least" | sort -V | head -n 1)
  if [ "${1-}" = --told ] && [ "$oldest" != "$least" ]; then
    echo "Node $own of this machine is older than combot needs ($least): npm run uses $("$binary" --version) here, which npm ci brought."
  fi
  exit 0
fi
echo "$binary is not the Node that node.sha256 names: its SHA-256 is $found and should be $wanted." >&2
echo "rm -rf node_modules && npm ci fetches it again; where it was updated on purpose, see CONTRIBUTING.md." >&2
exit 1
