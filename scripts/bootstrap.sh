# Makes a clone ready to run: Node.js and npm from Debian where they are missing, then the npm packages
# that package-lock.json names. Sourced by ./quorate and ./check.
#   in:  $root, the clone
#   out: $node, a Node.js that runs the sources; or a reason on stderr and exit 1
# Speaks on stderr only (stdout belongs to the command), changes nothing but Debian packages,
# node_modules and .cache, and may be killed at any moment: the stamp is written last.
# shellcheck shell=sh disable=SC2154

bootstrap() {
  cache=$root/.cache/bootstrap
  mkdir -p "$cache" 2>/dev/null && [ -w "$cache" ] && [ -w "$root" ] ||
    bootstrap_fail "this clone is not set up yet and $root is not yours to write" "run it once as the owner of that directory"
  # npm and its children inherit descriptor 9: if this shell is killed and npm lives on, the next one still waits for it.
  exec 9>"$cache/lock"
  if command -v flock >/dev/null && ! flock -n 9; then
    bootstrap_say 'another quorate is setting up this clone; waiting for it'
    flock 9
  fi
  bootstrap_is_done || {
    bootstrap_node_and_npm
    bootstrap_npm_packages
  }
  exec 9>&-
  bootstrap_choose_node
}

bootstrap_say() { printf 'quorate: %s\n' "$*" >&2; }

bootstrap_fail() { # what went wrong, what to do next
  printf 'quorate: %s\n  next: %s\n' "$1" "$2" >&2
  exit 1
}

bootstrap_is_done() { cmp -s "$root/package-lock.json" "$root/node_modules/.quorate-stamp"; }

# bootstrap_logged LOG NEXT COMMAND...: quiet when it goes well, the log's tail when it does not.
bootstrap_logged() {
  bootstrap_log=$1 bootstrap_next=$2
  shift 2
  "$@" >>"$bootstrap_log" 2>&1 && return
  # npm says the cause first and ends with its manual; apt ends with the cause.
  { grep -m 12 -E '^(npm (error|ERR!)|E:|W: Failed to fetch|dpkg: error) ' "$bootstrap_log" || tail -n 20 "$bootstrap_log"; } | sed 's/^/  | /' >&2
  bootstrap_fail "failed: $* (whole log: $bootstrap_log)" "$bootstrap_next"
}

bootstrap_node_and_npm() {
  missing=
  command -v node >/dev/null || missing=nodejs
  command -v npm >/dev/null || missing="$missing npm"
  if [ -n "$missing" ]; then
    command -v apt-get >/dev/null ||
      bootstrap_fail 'Node.js and npm are missing, and there is no apt-get to install them' 'install Node.js 22.13 or newer with npm'
    [ "$(id -u)" = 0 ] ||
      bootstrap_fail 'Node.js and npm are missing, and only root can install them' "run this once as root, or: apt-get install $missing"
    bootstrap_say "installing $missing from Debian: Quorate runs on Node.js (log: $cache/apt.log)"
    : >"$cache/apt.log"
    again='look at the reason above, then run the same command again'
    bootstrap_wait_for_apt
    bootstrap_logged "$cache/apt.log" "$again" apt-get update
    # ca-certificates is only recommended by nodejs, but npm cannot speak HTTPS without it.
    # shellcheck disable=SC2086
    bootstrap_logged "$cache/apt.log" "$again" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 $missing ca-certificates
  fi
  node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' ||
    bootstrap_fail "$(command -v node) is Node.js $(node -v), too old even to install a newer one" 'install Node.js 22.13 or newer'
}

# A machine that has just booted refreshes its package lists itself; DPkg::Lock::Timeout does not cover those.
bootstrap_wait_for_apt() {
  inode=$(stat -c %i /var/lib/apt/lists/lock 2>/dev/null) || return 0
  waited=0
  while [ $waited -lt 300 ] && grep -q ":$inode " /proc/locks; do
    [ $waited -gt 0 ] || bootstrap_say 'waiting for another apt-get to finish'
    sleep 1
    waited=$((waited + 1))
  done
}

bootstrap_npm_packages() {
  # Whoever ran npm by hand has everything already: no reason to throw node_modules away.
  if ! node "$root/scripts/installed-matches-lock.mjs" 2>/dev/null; then
    bootstrap_say "installing the npm packages of package-lock.json into node_modules (log: $cache/npm.log)"
    : >"$cache/npm.log"
    next='check that the npm registry can be reached (npm ping), then run the same command again'
    (
      cd "$root" || exit 1
      bootstrap_recent_node
      # What `npm ci` does, but for one check: npm 11 refuses a lock file that does not list the native
      # packages of every platform, and whether npm wrote them down depends on what its registry carried.
      # npm's list goes first: a removal that is killed half-way must not look like an installation.
      rm -f node_modules/.package-lock.json
      rm -rf node_modules
      # One retry, not two: where no name server answers, npm's own patience is more than five silent minutes.
      bootstrap_logged "$cache/npm.log" "$next" npm install --no-save --no-audit --no-fund --no-progress --fetch-retries=1
    ) || exit 1
    rm -rf "$cache/node"
  fi
  cp "$root/package-lock.json" "$root/node_modules/.quorate-stamp.new" &&
    mv "$root/node_modules/.quorate-stamp.new" "$root/node_modules/.quorate-stamp" || exit 1
}

# npm leaves optional packages out, without a word, when their `engines` do not like the Node.js it runs
# on. The native halves of vitest, oxlint and knip are such packages and want 20.19; Debian 12 has 18. So
# npm itself runs on the version that the lock file names, fetched first.
bootstrap_recent_node() {
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' && return
  version=$(node -p 'require("./package-lock.json").packages["node_modules/node"].version')
  mkdir -p "$cache/node"
  bootstrap_logged "$cache/npm.log" "$next" npm install --prefix "$cache/node" --no-audit --no-fund --no-progress "node@$version"
  # Debian's node looks into /usr/share/nodejs by itself, and Debian's npm counts on it.
  export PATH="$cache/node/node_modules/node/bin:$PATH" NODE_PATH="/usr/share/nodejs${NODE_PATH:+:$NODE_PATH}"
}

# The lock file's own Node.js, else the system's when it can run TypeScript (no build for this
# processor, or npm is configured to run no install scripts).
bootstrap_choose_node() {
  node=$root/node_modules/.bin/node
  "$node" -e 0 2>/dev/null && return
  node=$(command -v node) &&
    "$node" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 13) ? 0 : 1)' ||
    bootstrap_fail "no Node.js 22.13 or newer: the npm package 'node' did not install one, and the system's is older" \
      'install Node.js 22.13 or newer, or let npm run install scripts (npm config get ignore-scripts), remove node_modules and try again'
}
