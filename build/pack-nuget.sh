#!/usr/bin/env bash
# pack-nuget.sh [-o FOLDER] [RID ...] packs Secateur.Sparse.<version>.nupkg into out/packages/: the assembly with AppendSecateur, and the provider for
# each system that is built in out/provider/. Here that is linux-x64, and linux-arm64 where gcc-aarch64-linux-gnu is installed, unless other ones are
# told; what is built elsewhere is laid there first (docs/provider-use.md). Prints the package's path.
set -euo pipefail
root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
packages=$root/out/packages
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

if [[ ${1-} == -o ]]; then
  packages=$2
  shift 2
fi
rids=("$@")
if ((${#rids[@]} == 0)); then
  rids=(linux-x64)
  if command -v aarch64-linux-gnu-gcc >/dev/null; then rids+=(linux-arm64)
  else echo "secateur: without linux-arm64, which aarch64-linux-gnu-gcc links; apt-get install gcc-aarch64-linux-gnu" >&2
  fi
fi
for rid in "${rids[@]}"; do "$root"/build/provider.sh "$rid" >/dev/null; done

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! dotnet pack "$root/src/Secateur.Sparse.OnnxRuntime" -c Release -v quiet -m:1 -p:PackageId=Secateur.Sparse --artifacts-path "$root/out/build-nuget" -o "$packages" >"$log" 2>&1; then
  cat "$log" >&2
  echo "secateur: the package does not build, see above" >&2
  exit 3
fi
ls -t "$packages"/Secateur.Sparse.*.nupkg | head -1
