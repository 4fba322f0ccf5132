# Sourced with a RID: sets `linker`, what dotnet publish must be told so that this machine links for that system; ends with 2 where it cannot.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
case $1 in
  linux-x64) machine=x86_64 ;;
  linux-arm64) machine=aarch64 ;;
  *)
    echo "secateur: the provider is built here for linux-x64 and linux-arm64, not for $1; docs/provider-use.md tells how it is built elsewhere" >&2
    exit 2
    ;;
esac

if [[ $(uname -m) != "$machine" ]]; then
  compiler=$machine-linux-gnu-gcc
  if ! command -v "$compiler" >/dev/null; then
    echo "secateur: the provider for $1 is linked by $compiler, which is not on PATH; apt-get install gcc-${machine/_/-}-linux-gnu" >&2
    exit 2
  fi
  linker=(-p:CppCompilerAndLinker="$compiler" -p:LinkerFlavor= -p:ObjCopyName="$machine-linux-gnu-objcopy")
elif command -v clang >/dev/null; then linker=()
elif command -v gcc >/dev/null; then linker=(-p:CppCompilerAndLinker=gcc -p:LinkerFlavor=)
else
  echo "secateur: the provider is linked by clang or gcc, and neither is on PATH; apt-get install gcc" >&2
  exit 2
fi
