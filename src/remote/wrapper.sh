# shellcheck shell=sh disable=SC2016,SC2089,SC2090,SC2154  # two texts here are read by eval
#
# Runs one step of a plan on a host, once, so that its end can be told after any loss.
#
# The bot executes `sh -s -- RUN_ID VERB [SECONDS]` and sends on standard input
#   1. assignments, every value in single quotes, every name always set, empty for the default:
#        WR_DIGEST     the plan digest, 64 hexadecimal digits
#        WR_BASE       the base folder, absolute; /var/tmp/.dogwatch-UID
#        WR_PATH       where programs of the step are looked for
#        WR_BOOT       the boot id that the bot has noted for this run; empty: not compared
#        WR_BOOT_FILE  where the boot id is read; for tests
#        WR_TOOLS      where this script finds its own programs; for tests
#      and for `start` (the last two for `have` too)
#        WR_STDIN, WR_HAS_STDIN (1 or 0)        what the step reads; without it /dev/null
#        WR_TIMEOUT_S  seconds that the step may take
#        WR_HEAD, WR_TAIL                       bytes kept of the beginning and of the end of its output
#        WR_ARGC, WR_ARG1, WR_ARG2, ...         the program and its arguments
#   2. this text, which only defines
#   3. the line: wr_main "$@"                   so a text cut short runs nothing
#
# Verbs: boot      touches nothing
#        have      prints `missing NAME` for each of WR_ARG1... that WR_PATH does not have
#        start     begins the step, once in the life of a run id
#        status    what has become of it;  wait: the same, after its end or SECONDS (20)
#        fence     makes sure that it never begins, or says what has become of it
#        cancel    the same, and ends it: TERM to its process group, five seconds later KILL
#        out       answers HEAD,DROPPED,TAIL,(open|closed) and then prints HEAD + TAIL bytes;
#                  DROPPED bytes between them were not kept (`unknown`: the disk was full)
#        forget    removes a run that is over. A fenced one only when its start can't arrive any more!
# Answer: WR1 RUN_ID DIGEST STATE DETAIL BOOT_ID, with STATE (DETAIL)
#        boot (-), have (how many are missing), out (above), accepted (-), forgotten (-),
#        notstarted (-), fenced (-): it never ran; fenced: it never will
#        running (-), done (exit status), timedout or cancelled (gone: its process group is; or left)
#        unknown (boot_changed, no_supervisor, supervisor_gone, step_alive)
#        refused (what is wrong); nothing was begun by this call
#
# Invariant: whoever makes the folder `go` decides: the supervisor runs the step, `fence` prevents it.
# Whoever renames `open` says how the step ended. Facts are names, not contents, so that each appears
# at once, and also on a full disk. In a run folder:
#   plan-DIGEST boot-ID | go | fenced or sup-PID-BIRTH step-PID-BIRTH | open, then cancel, ending,
#   end-STATE-DETAIL | keep-HEAD-TAIL dropped-BYTES out.head out.old out.tail chunk closed
#
# Limits: whoever is the login user or root can forge all of this. A step ignores INT and QUIT. What it
# left running is not waited for and not killed; its later output is read and thrown away. The time
# limit counts whole naps, so it is late on a busy host, never early. Without setsid and perl only the
# program itself is signalled. Without /proc a process is known by its number alone.

wr_shared='
# wr_clock counts fifths of a second that were slept.
wr_clock=0
wr_nap() {
  if sleep 0.2 2>/dev/null; then wr_clock=$((wr_clock + 1)); else sleep 1; wr_clock=$((wr_clock + 5)); fi
}

# wr_fact KIND: sets wr_fact to the rest of the one name KIND-... in the run folder.
wr_fact() {
  set -- "$wr_dir/$1-" "$wr_dir/$1-"*
  wr_fact=${2#"$1"}
  [ $# -eq 2 ] && [ -e "$2" ]
}

# wr_identify PID: sets wr_identity to PID-BIRTH, which no later process has. Fails for a dead one.
wr_identify() {
  wr_identity=$1-0
  [ -r /proc/self/stat ] || { kill -0 "$1" 2>/dev/null; return; }
  { read -r wr_stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  # shellcheck disable=SC2086  # split on purpose: the fields after the name, from the state on
  set -- "$1" ${wr_stat##*) }
  wr_identity=$1-${21-0}
  [ "${2-Z}" != Z ]
}

wr_alive() { wr_identify "${1%-*}" && [ "$wr_identity" = "$1" ]; }

# wr_kill SIGNAL PID: to the process group. (dash knows no -- here.)
wr_kill() { kill "-$1" "-$2" 2>/dev/null || kill "-$1" "$2" 2>/dev/null; }

# wr_there PID: whether it or a member of its process group lives. A zombie does not, whoever should reap it.
wr_there() {
  [ -r /proc/self/stat ] || { wr_kill 0 "$1"; return; }
  for wr_file in /proc/[0-9]*/stat; do
    { read -r wr_stat <"$wr_file"; } 2>/dev/null || continue
    # shellcheck disable=SC2086  # split on purpose: state, parent, process group
    set -- "$1" ${wr_stat##*) }
    case $2:$4:$wr_file in Z:*) ;; *:"$1":* | *:/proc/"$1"/stat) return 0 ;; esac
  done
  return 1
}

# wr_end PID: ends a process group and sets wr_rest to what is there then.
wr_end() {
  wr_rest=left wr_clock=0
  wr_kill TERM "$1"
  while [ "$wr_clock" -lt 35 ]; do
    wr_there "$1" || { wr_rest=gone; return; }
    [ "$wr_clock" -ne 25 ] || wr_kill KILL "$1"
    wr_nap
  done
}

# wr_leader PROGRAM...: becomes it, as the leader of a process group.
wr_leader() {
  if command -v setsid >/dev/null 2>&1; then exec setsid "$@"; fi
  if command -v perl >/dev/null 2>&1; then exec perl -e "setpgrp(0, 0); exec @ARGV" "$@"; fi
  exec "$@"
}

# wr_args COMMAND...: calls it with the step appended, byte for byte.
wr_args() {
  wr_i=0
  while [ "$wr_i" -lt "$WR_ARGC" ]; do
    wr_i=$((wr_i + 1))
    eval "set -- \"\$@\" \"\$WR_ARG$wr_i\""
  done
  "$@"
}

# wr_find NAME: sets wr_found to the program of that name; builtins and functions do not count.
wr_find() {
  case $1 in */*) wr_found=$1; [ -e "$1" ]; return ;; esac
  wr_places=$WR_PATH:
  while [ -n "$wr_places" ]; do
    wr_found=${wr_places%%:*}/$1
    wr_places=${wr_places#*:}
    if [ -f "$wr_found" ] && [ -x "$wr_found" ]; then return 0; fi
  done
  return 1
}
'
eval "$wr_shared"

# The supervisor: detached, with the run folder as $1 and the input of the step on descriptor 3.
wr_supervisor='
wr_supervise() {
  wr_dir=$1
  trap "" HUP
  mkdir "$wr_dir/go" 2>/dev/null || exit 0
  wr_run | wr_keep 3<&-
}

# Begins the step, waits for it, says how it ended. Its standard output is the pipe to wr_keep.
wr_run() {
  # $$ is the shell that forked this one.
  { wr_identify "$(exec sh -c "echo \$PPID")" && : >"$wr_dir/sup-$wr_identity" &&
    : >"$wr_dir/keep-$WR_HEAD-$WR_TAIL" && : >"$wr_dir/open"; } || { : >"$wr_dir/fenced"; exit; }
  wr_args wr_step <&3 3<&- 2>&1 &
  wr_child=$!
  exec >/dev/null 3<&-
  if wr_identify "$wr_child"; then : >"$wr_dir/step-$wr_identity"; fi
  wr_watch "$wr_identity" &
  wr_watcher=$!
  wait "$wr_child"
  wr_code=$?
  mv "$wr_dir/open" "$wr_dir/end-done-$wr_code" 2>/dev/null || wait "$wr_watcher"
  wr_clock=0  # what the step left running may hold its output open
  while [ ! -e "$wr_dir/closed" ] && [ "$wr_clock" -lt 10 ]; do wr_nap; done
  : >"$wr_dir/closed"
}

# Becomes the program, with the environment of the login but for PATH and LC_ALL.
wr_step() {
  trap - HUP
  umask "$WR_UMASK"
  wr_find "$1" || { echo "dogwatch: $1: not found in PATH=$WR_PATH" >&2; exit 127; }
  shift
  set -- "$WR_PATH" "$wr_found" "$@"
  while [ "$WR_ARGC" -gt 0 ]; do unset "WR_ARG$WR_ARGC"; WR_ARGC=$((WR_ARGC - 1)); done
  unset WR_ARGC WR_PATH WR_UMASK WR_HEAD WR_TAIL WR_TIMEOUT_S WR_TEXT
  unset WR_DIGEST WR_BASE WR_BOOT WR_BOOT_FILE WR_TOOLS WR_STDIN WR_HAS_STDIN
  wr_leader sh -c "PATH=\$1; shift; exec \"\$@\"" dogwatch "$@"
}

# Ends the step at its time limit or when asked to, unless it has ended by itself.
wr_watch() {
  wr_seconds=0
  while sleep 1 && [ -e "$wr_dir/open" ] && wr_alive "$1"; do
    wr_seconds=$((wr_seconds + 1))
    if [ -e "$wr_dir/cancel" ]; then wr_how=cancelled
    elif [ "$wr_seconds" -ge "$WR_TIMEOUT_S" ]; then wr_how=timedout
    else continue; fi
    mv "$wr_dir/open" "$wr_dir/ending" 2>/dev/null || return
    wr_end "$wr_child"
    mv "$wr_dir/ending" "$wr_dir/end-$wr_how-$wr_rest"
    return
  done
}

# Keeps beginning and end of standard input. One dd is one read(): what is there, and not a byte more.
# out.old and out.tail take turns, so that out.old, once it is replaced, holds WR_TAIL bytes or more.
wr_keep() {
  wr_file=out.head wr_max=$WR_HEAD wr_dropped=0
  : >"$wr_dir/dropped-0"
  while [ ! -e "$wr_dir/closed" ]; do
    dd bs=65536 count=1 >"$wr_dir/chunk" 2>/dev/null || wr_lost=1
    if [ -e "$wr_dir/closed" ] || [ ! -s "$wr_dir/chunk" ]; then break; fi
    cat "$wr_dir/chunk" >>"$wr_dir/$wr_file" || wr_lost=1
    wr_size=$(wc -c <"$wr_dir/$wr_file") || break
    [ "$((wr_size))" -ge "$wr_max" ] || continue
    if [ "$wr_file" = out.tail ]; then
      if [ -e "$wr_dir/out.old" ]; then
        wr_size=$(wc -c <"$wr_dir/out.old") || break
        mv "$wr_dir/dropped-$wr_dropped" "$wr_dir/dropped-$((wr_dropped + wr_size))"
        wr_dropped=$((wr_dropped + wr_size))
      fi
      mv "$wr_dir/out.tail" "$wr_dir/out.old"
    fi
    wr_file=out.tail wr_max=$WR_TAIL
  done
  [ -z "${wr_lost-}" ] || mv "$wr_dir/dropped-$wr_dropped" "$wr_dir/dropped-unknown"
  : >"$wr_dir/closed"
  rm -f "$wr_dir/chunk"
  exec cat >/dev/null  # a closed pipe would kill what the step left running
}
'

wr_main() {
  LC_ALL=C PATH=${WR_TOOLS:-/usr/sbin:/usr/bin:/sbin:/bin}
  export LC_ALL PATH
  wr_run=- wr_boot=none WR_UMASK=$(umask)
  umask 077
  { read -r wr_boot <"${WR_BOOT_FILE:-/proc/sys/kernel/random/boot_id}"; } 2>/dev/null
  case $wr_boot in '' | *[!0-9a-zA-Z-]*) wr_boot=none ;; esac
  case $WR_DIGEST in *[!0-9a-f]*) WR_DIGEST= ;; esac
  case ${#1}:${1-} in 32:*[!0-9a-f]*) wr_refuse bad_run_id ;; 32:*) ;; *) wr_refuse bad_run_id ;; esac
  wr_run=$1 wr_base=${WR_BASE:-/var/tmp/.dogwatch-$(id -u)}
  wr_dir=$wr_base/$wr_run
  case ${2-} in
    boot) wr_say boot - ;;
    have) wr_have ;;
    start | status | wait | fence | cancel | out | forget)
      [ ${#WR_DIGEST} -eq 64 ] || wr_refuse bad_digest
      case $wr_base in /*) ;; *) wr_refuse bad_base ;; esac
      case ${3-} in *[!0-9]*) wr_refuse bad_seconds ;; esac
      [ "${WR_BOOT:-$wr_boot}" = "$wr_boot" ] || { wr_say unknown boot_changed; exit; }
      "wr_$2" "${3:-20}"
      ;;
    *) wr_refuse bad_verb ;;
  esac
} </dev/null # the rest of standard input is not for children

wr_say() { printf 'WR1 %s %s %s %s %s\n' "$wr_run" "${WR_DIGEST:--}" "$1" "$2" "$wr_boot"; }
wr_refuse() { wr_say refused "$1"; exit 0; }

# wr_private FOLDER: a real folder of this user that nobody else can enter.
wr_private() {
  # shellcheck disable=SC2046  # split on purpose: mode, links, owner
  set -- $(ls -ldn "$1" 2>/dev/null)
  case ${1-} in drwx------ | drwx------. | drwx--S---) [ "$3" = "$(id -u)" ] ;; *) return 1 ;; esac
}

# Refuses a run folder that is not ours alone or belongs to another plan.
wr_check() {
  [ -e "$wr_base" ] || [ -L "$wr_base" ] || wr_refuse no_folder
  wr_private "$wr_base" || wr_refuse base_not_private
  [ -e "$wr_dir" ] || [ -L "$wr_dir" ] || wr_refuse no_folder
  wr_private "$wr_dir" || wr_refuse run_not_private
  wr_fact plan || wr_refuse no_plan # an interrupted start or fence: either can be sent again
  [ "$wr_fact" = "$WR_DIGEST" ] || wr_refuse digest_differs
}

# The same for the two verbs that may make it.
wr_open() {
  mkdir "$wr_base" 2>/dev/null || [ -e "$wr_base" ] || [ -L "$wr_base" ] || wr_refuse base_unwritable
  wr_private "$wr_base" || wr_refuse base_not_private
  mkdir "$wr_dir" 2>/dev/null || [ -e "$wr_dir" ] || [ -L "$wr_dir" ] || wr_refuse base_unwritable
  wr_private "$wr_dir" || wr_refuse run_not_private
  wr_fact plan || wr_mark "plan-$WR_DIGEST"
  wr_check
  wr_fact boot || wr_mark "boot-$wr_boot"
}
wr_mark() { mkdir "$wr_dir/$1" 2>/dev/null || [ -d "$wr_dir/$1" ] || wr_refuse base_unwritable; }

# Sets wr_state and wr_detail.
wr_look() {
  wr_state=unknown wr_detail=boot_changed wr_patience=$((wr_clock + 10))
  wr_fact boot && [ "$wr_fact" = "$wr_boot" ] || return 0
  while :; do
    wr_detail=-
    if wr_fact end; then wr_state=${wr_fact%%-*} wr_detail=${wr_fact#*-}; return; fi
    if [ -e "$wr_dir/fenced" ]; then wr_state=fenced; return; fi
    if [ ! -d "$wr_dir/go" ]; then wr_state=notstarted; return; fi
    if wr_fact sup; then
      if wr_alive "$wr_fact"; then wr_state=running; return; fi
      wr_detail=supervisor_gone
      wr_fact end || break # else it has ended between the two looks
    else
      wr_detail=no_supervisor
      [ "$wr_clock" -lt "$wr_patience" ] || break # who has claimed the run may be about to sign
      wr_nap
    fi
  done
  if wr_fact step && wr_alive "$wr_fact"; then wr_detail=step_alive; fi
}

# wr_await SECONDS: looks until the run is over, or is not started for five seconds.
wr_await() {
  wr_clock=0
  sleep 0.05 2>/dev/null # most steps are quick
  while wr_look && [ "$wr_clock" -lt $(($1 * 5)) ]; do
    case $wr_state:$wr_clock in running:* | notstarted:? | notstarted:1? | notstarted:2[0-4]) wr_nap ;; *) return ;; esac
  done
}

wr_tell() { wr_say "$wr_state" "$wr_detail"; }

wr_have() {
  wr_missing=0
  wr_args wr_lookup
  wr_say have "$wr_missing"
}
wr_lookup() {
  for wr_name; do
    wr_find "$wr_name" || { wr_missing=$((wr_missing + 1)); printf 'missing %s\n' "$wr_name"; }
  done
}

wr_start() {
  for wr_number in "$WR_ARGC" "$WR_TIMEOUT_S" "$WR_HEAD" "$WR_TAIL" "$WR_HAS_STDIN"; do
    case $wr_number in '' | *[!0-9]* | 0?*) wr_refuse bad_number ;; esac
  done
  case $WR_ARGC:${WR_ARG1:+some}:${WR_PATH:+some} in 0:* | *::* | *:) wr_refuse bad_step ;; esac
  wr_size=$(wr_args printf %s | wc -c)
  [ "$((wr_size))" -le 100000 ] || wr_refuse step_too_long # the kernel takes 131072 for one argument
  wr_open
  wr_look
  [ "$wr_state" = notstarted ] || { wr_tell; return; }
  exec 3</dev/null
  if [ "$WR_HAS_STDIN" = 1 ]; then # a file without a name: nothing to replace, nothing to clean up
    { printf %s "$WR_STDIN" >"$wr_dir/in.$$" && exec 3<"$wr_dir/in.$$"; } || wr_refuse base_unwritable
    rm -f "$wr_dir/in.$$"
  fi
  WR_TEXT=$wr_shared$wr_supervisor
  wr_i=0
  while [ "$wr_i" -lt "$WR_ARGC" ]; do wr_i=$((wr_i + 1)); export "WR_ARG$wr_i"; done
  export WR_TEXT WR_ARGC WR_PATH WR_UMASK WR_HEAD WR_TAIL WR_TIMEOUT_S
  # By the environment, not as arguments: a step like `pkill -f NAME` must not hit its supervisor.
  (wr_leader sh -c 'eval "$WR_TEXT"; wr_supervise "$1"' dogwatch "$wr_dir") >/dev/null 2>&1 &
  wr_say accepted -
}

wr_status() { wr_check; wr_look; wr_tell; }
wr_wait() { wr_check; wr_await "$1"; wr_tell; }

wr_fence() { wr_open; wr_claim; wr_tell; }
wr_claim() {
  if mkdir "$wr_dir/go" 2>/dev/null; then : >"$wr_dir/fenced"; fi
  wr_look
  [ "$wr_state" != notstarted ] || wr_refuse base_unwritable
}

wr_cancel() {
  wr_check
  wr_claim
  if [ "$wr_state" = running ]; then
    : >"$wr_dir/cancel"
    wr_await 15
  elif [ "$wr_detail" = step_alive ]; then
    wr_end "${wr_fact%-*}"
    wr_look
  fi
  wr_tell
}

wr_bytes() { if [ -f "$wr_dir/$1" ]; then echo "$(($(wc -c <"$wr_dir/$1")))"; else echo 0; fi; }

wr_out() {
  wr_check
  wr_fact keep || wr_refuse no_output
  wr_head=${wr_fact%-*} wr_tail=${wr_fact#*-} wr_closed=open
  while wr_fact end && [ ! -e "$wr_dir/closed" ] && [ "$wr_clock" -lt 15 ]; do wr_nap; done
  [ ! -e "$wr_dir/closed" ] || wr_closed=closed
  wr_first=$(wr_bytes out.head)
  wr_size=$((wr_first + $(wr_bytes out.old) + $(wr_bytes out.tail)))
  [ "$wr_first" -le "$wr_head" ] || wr_first=$wr_head
  wr_last=$((wr_size - wr_first))
  [ "$wr_last" -le "$wr_tail" ] || wr_last=$wr_tail
  wr_dropped=unknown
  if wr_fact dropped && [ "$wr_fact" != unknown ]; then
    wr_dropped=$((wr_fact + wr_size - wr_first - wr_last))
  fi
  wr_say out "$wr_first,$wr_dropped,$wr_last,$wr_closed"
  [ "$wr_first" -eq 0 ] || head -c "$wr_first" "$wr_dir/out.head"
  [ "$wr_last" -eq 0 ] || { tail -c "+$((wr_first + 1))" "$wr_dir/out.head"
    for wr_file in out.old out.tail; do [ ! -f "$wr_dir/$wr_file" ] || cat "$wr_dir/$wr_file"; done
  } | tail -c "$wr_last"
}

wr_forget() {
  wr_check
  wr_look
  case $wr_state in done | timedout | cancelled | fenced) ;; *) wr_refuse not_over ;; esac
  mv "$wr_dir" "$wr_base/forgotten-$wr_run.$$" && rm -rf "$wr_base"/forgotten-* # at once, then bit by bit
  wr_say forgotten -
}
