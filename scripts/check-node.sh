#!/bin/sh
# Whether the Node that npm's package "node" brought is the one that node.sha256 names: it is outside of package-lock.json.
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
[ "$found" = "$wanted" ] && exit 0
echo "$binary is not the Node that node.sha256 names: its SHA-256 is $found and should be $wanted." >&2
echo "rm -rf node_modules && npm ci fetches it again; where it was updated on purpose, see CONTRIBUTING.md." >&2
exit 1
