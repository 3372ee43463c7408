#!/bin/sh
# Installs a lock into .venv: `deploy/install.sh requirements.lock`. By uv, which takes five seconds where pip takes thirty, from where pip
# is told to take packages (a mirror, a folder); where that does not work, by pip. Either checks every hash.
set -eu
lock=$1
python=.venv/bin/python
by_pip="$python -m pip install -q --disable-pip-version-check --no-deps --no-compile --require-hashes"

told() { $python -m pip config list | sed -n "s/^[^=]*\.$1='\(.*\)'\$/\1/p" | head -n 1; }

by_uv() {
    $by_pip -r requirements-install.lock || return 1
    index=$(told index-url) folders=$(told find-links) certificates=$(told cert)
    [ -z "$index" ] || export UV_DEFAULT_INDEX="$index"
    if [ -n "$folders" ]; then # several, apart by blanks or lines
        UV_FIND_LINKS=$(printf %s "$folders" | sed 's/\\n/ /g' | tr -s ' ' ',')
        export UV_FIND_LINKS
    fi
    [ -z "$certificates" ] || export SSL_CERT_FILE="$certificates"
    alone=$([ -z "$(told no-index)" ] || echo --no-index)
    [ -z "$(told no-cache-dir)" ] || export UV_NO_CACHE=1
    export UV_LINK_MODE=copy # a link into uv's cache would let whoever edits one tree edit them all
    .venv/bin/uv pip install -q --no-config --no-progress --python "$python" $alone --no-deps --require-hashes -r "$lock"
}

said=$(by_uv 2>&1) || {
    printf '%s\nuv could not install (above); pip does.\n' "$said"
    $by_pip -r "$lock"
}
