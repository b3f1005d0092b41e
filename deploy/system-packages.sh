#!/bin/sh
# Debian packages that serving (run) or testing (test) needs beside Python: quick and silent when they are
# there; as root on Debian they are installed, elsewhere tests end here with one line that says what is missing.
set -eu

purpose=${1:-run}
missing=""

need() { # package, then a command or nothing: without one, dpkg is asked
    if [ -n "${2:-}" ]; then
        command -v "$2" >/dev/null 2>&1 && return 0
    elif ! command -v dpkg-query >/dev/null 2>&1; then
        return 0 # not Debian: `serve` itself says which library it can't load
    else
        case "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" in installed) return 0 ;; esac
    fi
    missing="$missing $1"
}

# Text layout and fonts of the PDFs.
for library in libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz0b libharfbuzz-subset0 fontconfig; do
    need "$library"
done

if [ "$purpose" = test ]; then
    need chromium chromium
    need redis-server redis-server
    # Debian keeps the server's programs out of PATH, one folder for each version.
    ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need postgresql initdb
fi

[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing$missing" >&2
    export DEBIAN_FRONTEND=noninteractive
    said=$(mktemp)
    trap 'rm -f "$said"' EXIT
    # shellcheck disable=SC2086 — a list of packages
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >"$said" 2>&1 && exit 0
    tail -n 5 "$said" >&2
fi

# Serving says by itself which library it can't load, and only then: it may have come another way.
[ "$purpose" = run ] && exit 0
echo "Missing system packages, type: sudo apt-get install$missing" >&2
exit 1
