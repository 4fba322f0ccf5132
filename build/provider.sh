#!/usr/bin/env bash
# Compiles the provider ahead of time into out/provider/RID/, linux-x64 unless told, where it is missing or older than its sources: for linux-x64
# a loader, which is what users register, and an image for each level of instructions; for linux-arm64, of one level, the image alone.
# Prints the path of what is registered.
set -euo pipefail
root=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
rid=${1:-linux-x64}
folder=$root/out/provider/$rid
library=$folder/libsecateur.so
stamp=$folder/built
source "$root/build/linker.sh" "$rid"

if [[ $rid == linux-x64 ]]; then files=(libsecateur libsecateur-v4 libsecateur-v3 libsecateur-baseline); else files=(libsecateur); fi

stale() {
  local file
  for file in "${files[@]}"; do [[ -e $folder/$file.so ]] || return 0; done
  [[ ! -e $stamp || -n $(find "$root"/src/Secateur.Sparse "$root"/src/Secateur.Sparse.{Native,Loader} "$root"/build/{provider.sh,linker.sh,Native.props} \
    "$root"/Directory.* "$root"/global.json \( -name bin -o -name obj \) -prune -o -type f -newer "$stamp" -print -quit) ]]
}

# another system's intermediate files do not mix with those of an ordinary build
[[ $rid == linux-x64 ]] || linker+=(-r "$rid" --artifacts-path "$root/out/build-$rid")

publish() { # project, level, name
  echo "secateur: compiling $3.so for $rid" >&2
  local project=$root/src/$1
  local published=$project/bin/publish-$rid-$2
  if ! dotnet publish "$project" -c Release -v quiet -m:1 -p:Level="$2" "${linker[@]}" -p:PublishDir="$published/" >"$folder/build.log" 2>&1; then
    cat "$folder/build.log" >&2
    echo "secateur: the provider does not build, see above" >&2
    exit 3
  fi
  cp "$published/$1.so" "$folder/$3.so.new" # beside, then renamed: a process that has the old one open keeps it
  mv "$folder/$3.so.new" "$folder/$3.so"
}

if stale; then
  mkdir -p "$folder"
  exec 9>"$folder/lock"
  flock 9 # another start may be building
  if stale; then
    touch "$stamp.new" # a source that changes during the build is newer
    if [[ $rid == linux-x64 ]]; then
      publish Secateur.Sparse.Native avx512 libsecateur-v4
      publish Secateur.Sparse.Native avx2 libsecateur-v3
      publish Secateur.Sparse.Native baseline libsecateur-baseline
      publish Secateur.Sparse.Loader baseline libsecateur
    else
      publish Secateur.Sparse.Native baseline libsecateur
    fi
    mv "$stamp.new" "$stamp"
  fi
fi
echo "$library"
