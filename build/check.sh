#!/usr/bin/env bash
# check.sh RID LEVEL FOLDER compiles tests/Secateur.Sparse.Check ahead of time: the kernels as they are in the image of that level, in a program
# that holds them against dense loops. Prints the program's path.
set -euo pipefail
root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
rid=$1 level=$2 folder=$(readlink -m "$3")
source "$root/build/linker.sh" "$rid"

if ! log=$(dotnet publish "$root/tests/Secateur.Sparse.Check" -c Release -v quiet -m:1 -r "$rid" --artifacts-path "$root/out/build-$rid-$level" \
  -p:Level="$level" "${linker[@]}" -p:PublishDir="$folder/" 2>&1); then
  echo "$log" >&2
  exit 3
fi
echo "$folder/Secateur.Sparse.Check"
