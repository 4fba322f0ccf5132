#!/usr/bin/env bash
# Compiles the provider ahead of time into out/provider/linux-x64/, where it is missing or older than its sources: a loader, which is
# what users register, and an image for each level of instructions. Prints the loader's path.
set -euo pipefail
root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
folder=$root/out/provider/linux-x64
library=$folder/libsecateur.so
stamp=$folder/built
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

stale() {
  local file
  for file in libsecateur libsecateur-v4 libsecateur-v3 libsecateur-baseline; do [[ -e $folder/$file.so ]] || return 0; done
  [[ ! -e $stamp || -n $(find "$root"/src/Secateur.Sparse* "$root"/build/provider.sh "$root"/build/Native.props "$root"/Directory.* "$root"/global.json \
    \( -name bin -o -name obj \) -prune -o -type f -newer "$stamp" -print -quit) ]]
}

if command -v clang >/dev/null; then linker=()
elif command -v gcc >/dev/null; then linker=(-p:CppCompilerAndLinker=gcc -p:LinkerFlavor=)
else
  echo "secateur: the provider is linked by clang or gcc, and neither is on PATH; apt-get install gcc" >&2
  exit 2
fi

publish() { # project, level, name
  echo "secateur: compiling $3.so" >&2
  local project=$root/src/$1
  if ! dotnet publish "$project" -c Release -v quiet -m:1 -p:Level="$2" "${linker[@]}" -p:PublishDir="$project/bin/publish-$2/" >"$folder/build.log" 2>&1; then
    cat "$folder/build.log" >&2
    echo "secateur: the provider does not build, see above" >&2
    exit 3
  fi
  cp "$project/bin/publish-$2/$1.so" "$folder/$3.so.new" # beside, then renamed: a process that has the old one open keeps it
  mv "$folder/$3.so.new" "$folder/$3.so"
}

if stale; then
  mkdir -p "$folder"
  exec 9>"$folder/lock"
  flock 9 # another start may be building
  if stale; then
    touch "$stamp.new" # a source that changes during the build is newer
    publish Secateur.Sparse.Native avx512 libsecateur-v4
    publish Secateur.Sparse.Native avx2 libsecateur-v3
    publish Secateur.Sparse.Native baseline libsecateur-baseline
    publish Secateur.Sparse.Loader baseline libsecateur
    mv "$stamp.new" "$stamp"
  fi
fi
echo "$library"
