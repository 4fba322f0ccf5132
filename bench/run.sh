#!/usr/bin/env bash
# bench/run.sh NAME [--key value ...]: makes bench/results/NAME.{json,md}. What each measures: bench/README.md.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
case ${1:-} in
  lenet-*) build/get-data.sh mnist out/data/mnist ;;
  ocr) build/get-models.sh out/data/ocr-models ;;
  operators) build/get-node-tests.sh out/data/node-tests ;;
  resnet20-fashion | structure-* | training-speed) build/get-data.sh fashion-mnist out/data/fashion-mnist ;;
esac
if [ "${1:-}" = training-speed ] && ! env -u OPENBLAS_CORETYPE /usr/bin/python3 -c 'import numpy, torch' 2> /dev/null; then
  echo "bench: Debian's torch for Python is not here; apt-get install python3-torch python3-numpy libopenblas0-pthread" >&2
  exit 2
fi
dotnet build bench/Secateur.Bench -c Release -v quiet >&2
exec dotnet bench/Secateur.Bench/bin/Release/net10.0/linux-x64/Secateur.Bench.dll "$@"
