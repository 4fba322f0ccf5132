#!/usr/bin/env bash
# get-node-tests.sh DIR: puts ONNX's node tests (Debian's libonnx-testdata, ONNX 1.12) into DIR, a folder a case.
# Does nothing where they are already; leaves nothing half-written. Needs apt-get and dpkg-deb, no root.
set -u -o pipefail
dir=${1-}
[ -n "$dir" ] || { echo "get-node-tests.sh: say where to; use: get-node-tests.sh DIR" >&2; exit 2; }
[ -f "$dir/test_abs/model.onnx" ] && { echo "node tests: are in $dir already" >&2; exit 0; }

parent=$(dirname "$dir")
mkdir -p "$parent" && work=$(mktemp -d "$parent/.part.XXXXXX") || { echo "node tests: cannot write to $parent; name a folder that you may write to" >&2; exit 3; }
trap 'rm -rf "$work"' EXIT
from=/usr/share/libonnx-testdata/data/node
if [ ! -d "$from" ]; then
  command -v apt-get > /dev/null && command -v dpkg-deb > /dev/null || { echo "node tests: this is no Debian or Ubuntu; unpack its package libonnx-testdata and copy data/node to $dir" >&2; exit 3; }
  echo "node tests: asking Debian for its package libonnx-testdata (6 MB)" >&2
  if [ "$(id -u)" = 0 ] && ! apt-cache show libonnx-testdata > /dev/null 2>&1; then apt-get -qq update > /dev/null 2>&1; fi
  (cd "$work" && timeout 300 apt-get -qq download libonnx-testdata > /dev/null 2>&1 && dpkg-deb -x libonnx-testdata_*.deb deb) \
    || { echo "node tests: the package did not come; connect to the network, or apt-get install libonnx-testdata" >&2; exit 3; }
  from=$work/deb$from
fi
rm -rf "$dir" && cp -r "$from" "$work/node" && mv "$work/node" "$dir" || exit 3
echo "node tests: $(find "$dir" -name model.onnx | wc -l) cases are in $dir" >&2
