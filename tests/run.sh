#!/bin/sh
# Runs every test. Installs what the tests need first: they use real servers and shells, and fail,
# never skip, where one is missing.
set -eu
cd "$(dirname "$0")/.."

missing=
for pair in sshd:openssh-server ssh:openssh-client dash:dash bash:bash busybox:busybox strace:strace ps:procps make:make shellcheck:shellcheck setpriv:util-linux faketime:faketime jq:jq pip3:python3-pip; do
  PATH="$PATH:/usr/sbin:/sbin" command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair##*:}"
done
if [ -n "$missing" ]; then
  sudo=
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -qq
  # shellcheck disable=SC2086  # a list of packages
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing
fi

cargo test --locked --no-fail-fast "$@"
