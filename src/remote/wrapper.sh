# shellcheck shell=sh disable=SC2016,SC2089,SC2090,SC2153,SC2154  # two texts here are read by eval
#
# Runs one step of a plan on a host, once, so that its end can be told after any loss.
#
# The bot executes `sh -s -- RUN_ID VERB [NUMBER]` and sends on standard input
#   1. assignments, every value in single quotes, every name always set, empty for the default:
#        WR_DIGEST     the plan digest, 64 hexadecimal digits
#        WR_BASE       the base folder, absolute; only `ground` has a default: /var/tmp/.dogwatch-UID
#        WR_NONCE      the ground in it, 32 hexadecimal digits, drawn by the bot
#        WR_BOOT       the boot id that the bot has noted for the ground; `ground` does not look at it
#        WR_NOW        the time by the bot's clock, seconds
#        WR_PATH       where programs of the step are looked for
#        WR_BOOT_FILE  where the boot id is read; for tests
#        WR_TOOLS      where this script finds its own programs; for tests
#      and for `start` (the last two for `have` too)
#        WR_CLAIM      1: never again in the life of this run id; 0 for a look
#        WR_EARLIER    ID:NONCE of each earlier attempt at this step, proven not to have begun: claimed too
#        WR_STDIN, WR_HAS_STDIN (1 or 0)        what the step reads; without it /dev/null
#        WR_TIMEOUT_S  seconds that the step may take
#        WR_HEAD, WR_TAIL                       bytes kept of the beginning and of the end of its output; 1 or more
#        WR_ARGC, WR_ARG1, WR_ARG2, ...         the program and its arguments
#   2. this text, which only defines
#   3. the line: wr_main "$@"                   so a text cut short runs nothing
#
# Verbs: ground    makes the ground for one run of a plan and prints `folder BASE`; sweeps what is old
#        have      prints `missing NAME` for each of WR_ARG1... that WR_PATH does not have
#        start     begins the step, once in the life of a run id
#        status    what has become of it;  wait: the same, after its end or NUMBER seconds (20)
#        fence     makes sure that it never begins, or says what has become of it
#        cancel    the same, and ends it: TERM to its process group, five seconds later KILL
#        out       answers OUT,ERR,(open|closed|cut),(disk|memory) and then prints what was kept of
#                  standard output and standard error. Each is HEAD,DROPPED,TAIL: DROPPED bytes (or
#                  `unknown`) between HEAD and TAIL were not kept. Cut: something that the step left
#                  running held it open. With NUMBER the last bytes of what the heads hold so far
#        leave     removes the ground, unless a step in it is not over
# Answer: WR1 RUN_ID DIGEST STATE DETAIL BOOT_ID, with STATE (DETAIL)
#        ground (room; full: names can be made, contents can't), have (how many are missing), left (-)
#        out (above), accepted (-), notstarted (-), fenced (-): it never ran; fenced: it never will
#        running (-), done (exit status), timedout or cancelled (gone: its process group is; or left),
#        with a line `left PID NAME` before it for each process that left its session and lives
#        notrun (why): claimed, but the step could not be begun;  met (-): another ground began it
#        unknown (boot_changed, ground_gone, no_supervisor, supervisor_gone, step_alive)
#        refused (what is wrong); nothing was begun by this call
#
# Invariant: no verb but `ground` makes a base or a ground; where the ground is missing or another boot's,
# nothing that was there before can be told. Whoever makes `go` in a run folder decides: `start` runs the
# step, `fence` prevents it; so `accepted` is never followed by `fenced`. Whoever renames `open` says how
# the step ended. Facts are names, not contents, so that each appears at once, and also on a full disk:
#   BASE/ids/RUN_ID -> NONCE.NOW    a claim: stays seven days, 4,096 at most; BASE/swept-NOW: the newest gone
#   BASE/NONCE/boot-BOOT_ID made-NOW
#   BASE/NONCE/RUN_ID/plan-DIGEST | go | fenced or sup-PID-BIRTH step-PID-BIRTH | open, then ending, | calm or cancel,
#     end-STATE-DETAIL | cut, and of each stream (out, err): its head, -more, -sum, -rest-BYTES, -tail, -eof-KEPT,
#     -lost -held-KEPT-BYTES -holder-PID-BIRTH -pipe for what the disk did not take
#
# Limits: whoever is the login user or root can forge all of this. A step ignores INT and QUIT. What it
# left running is not waited for and not killed; its later output is read and thrown away. The time
# limit counts whole naps, so it is late on a busy host, never early. Without setsid and perl only the
# program itself is signalled. Without /proc a process is known by its number alone, and what left its
# session is not found. What is held in memory is gone with its holder, 15 minutes after the end.

wr_shared='
# wr_clock counts fifths of a second that were slept.
wr_clock=0
wr_nap() {
  if sleep 0.2 2>/dev/null; then wr_clock=$((wr_clock + 1)); else sleep 1; wr_clock=$((wr_clock + 5)); fi
}

# wr_mark FILE: makes it, empty. A redirection of a bare `:` that fails would end the shell.
wr_mark() { command : >"$1"; } 2>/dev/null

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

# Whether both streams have ended.
wr_over() { wr_fact out-eof && wr_fact err-eof; }
'
eval "$wr_shared"

# The supervisor: detached, with the run folder as $1; the run is claimed.
wr_supervisor='
wr_supervise() {
  wr_dir=$1
  trap "" HUP
  # Who waits keeps no stream open, also not as what a shell saves for later: its end would never be seen.
  { (exec 2>&4 4>&-; wr_run) | (exec >/dev/null 4>&-; wr_keep out "$WR_HEAD" "$WR_TAIL") &
    exec >/dev/null 4>&-
    wait
  } 4>&1 | wr_keep err 16384 16384
}

# Begins the step, waits for it, says how it ended. Its streams are the pipes to wr_keep.
wr_run() {
  # $$ is the shell that forked this one.
  { wr_identify "$(exec sh -c "echo \$PPID")" && wr_mark "$wr_dir/sup-$wr_identity"; } || {
    mv "$wr_dir/open" "$wr_dir/end-notrun-unsigned"
    exit
  }
  if [ "$WR_HAS_STDIN" = 1 ]; then printf %s "$WR_STDIN" | wr_args wr_step &
  else wr_args wr_step </dev/null & fi
  wr_child=$!
  exec >/dev/null 2>&1
  if wr_identify "$wr_child"; then wr_mark "$wr_dir/step-$wr_identity"; fi
  wr_watch "$wr_identity" &
  wr_watcher=$!
  wait "$wr_child"
  wr_code=$?
  mv "$wr_dir/open" "$wr_dir/end-done-$wr_code" 2>/dev/null || wait "$wr_watcher"
  wr_clock=0  # what the step left running may hold its output open
  while ! wr_over && [ "$wr_clock" -lt 10 ]; do wr_nap; done
  wr_over || wr_mark "$wr_dir/cut"
}

# Becomes the program, with the environment of the login but for PATH, LC_ALL and DOGWATCH_RUN.
wr_step() {
  trap - HUP
  umask "$WR_UMASK"
  wr_find "$1" || { echo "dogwatch: $1: not found in PATH=$WR_PATH" >&2; exit 127; }
  shift
  set -- "$WR_PATH" "$wr_found" "$@"
  while [ "$WR_ARGC" -gt 0 ]; do unset "WR_ARG$WR_ARGC"; WR_ARGC=$((WR_ARGC - 1)); done
  unset WR_ARGC WR_PATH WR_UMASK WR_HEAD WR_TAIL WR_TIMEOUT_S WR_TEXT WR_CLAIM WR_EARLIER WR_NONCE WR_NOW
  unset WR_DIGEST WR_BASE WR_BOOT WR_BOOT_FILE WR_TOOLS WR_STDIN WR_HAS_STDIN
  # Where the host can, names are printed with the letters that they have.
  case " $(locale -a 2>/dev/null | tr "\n" " ")" in *" C.utf8 "* | *" C.UTF-8 "*) LC_ALL=C.UTF-8 ;; esac
  unset LANGUAGE
  export DOGWATCH_RUN="${wr_dir##*/}"
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

# wr_keep STREAM HEAD TAIL: keeps beginning and end of standard input. The beginning goes through a
# variable, so that what the disk does not take is still there; of the rest one process keeps the end.
wr_keep() {
  wr_file=$wr_dir/$1 wr_kept=0 wr_count=0 wr_held=
  wr_mark "$wr_file"
  while [ "$wr_kept" != gone ] && [ "$((wr_kept + wr_count))" -lt "$2" ]; do
    wr_size=$(($2 - wr_kept - wr_count))
    wr_read || wr_read  # nothing twice is the end: one that was killed is none
    if [ -e "$wr_dir/cut" ]; then exec cat >/dev/null; fi  # a closed pipe would kill what is left
    [ -n "$wr_words" ] || break
    # shellcheck disable=SC2086  # split on purpose: a word is a byte
    wr_store $wr_words
  done
  if [ "$wr_kept" = gone ]; then cat >/dev/null
  elif [ -n "$wr_words" ] || [ "$2" -eq 0 ]; then
    wr_mark "$wr_file-more"
    wr_count_rest "$3"
  fi
  [ -z "$wr_held" ] || wr_offer
  [ -z "$wr_held" ] || [ -e "$wr_file-lost" ] || wr_mark "$wr_file-lost" || return
  [ -e "$wr_dir/cut" ] || wr_mark "$wr_file-eof-$wr_kept"
} 2>/dev/null

# One dd is one read(): what is there, and not a byte more.
wr_read() {
  wr_words=$(dd bs="$((wr_size < 65536 ? wr_size : 65536))" count=1 2>/dev/null | od -An -v -to1)
  [ -n "$wr_words" ]
}

# wr_count_rest TAIL: counts the bytes that are left and keeps the last of them.
wr_count_rest() {
  exec 5<&0
  if mkfifo "$wr_file-sum"; then
    tee "$wr_file-sum" <&5 | tail -c "$1" >"$wr_file-tail" &
    wr_words=$(wc -c <"$wr_file-sum")
    wait "$!"
    # Unless something else is left because these had no place.
    [ -n "$(head -c 1 <&5 | od -An -to1)" ] || wr_mark "$wr_file-rest-$((wr_words))"
  fi
  cat <&5 >/dev/null
}

# wr_store OCTAL...: bytes to the file, or to memory from the first that it did not take.
wr_store() {
  if [ -z "$wr_held" ]; then
    wr_size=$(wc -c <"$wr_file")
    # What was kept is there no more: it was cut or removed by somebody.
    [ "$((wr_size))" -eq "$wr_kept" ] || wr_kept=gone
  fi
  if [ -z "$wr_held" ] && [ "$wr_kept" != gone ]; then
    printf %b "$(printf "\\\\0%s" "$@")" >>"$wr_file"
    wr_size=$(wc -c <"$wr_file")
    if [ "$((wr_size))" -eq "$((wr_kept + $#))" ]; then wr_kept=$((wr_size)); return; fi
  fi
  [ -n "$wr_held" ] || wr_mark "$wr_file-lost"
  [ "$wr_kept" != gone ] || return
  wr_held="$wr_held $*" wr_count=$((wr_count + $#))
}

# Hands what is held to whoever opens the pipe, for a quarter of an hour.
wr_offer() {
  mkfifo "$wr_file-pipe" || return
  wr_serve </dev/null &
  wr_holder=$!
  wr_identify "$wr_holder" || return
  wr_mark "$wr_file-holder-$wr_identity"
  wr_mark "$wr_file-held-$wr_kept-$wr_count"
  { wr_i=0
    while [ -p "$wr_file-pipe" ] && [ "$wr_i" -lt 180 ]; do sleep 5; wr_i=$((wr_i + 1)); done
    if wr_alive "$wr_identity"; then kill "$wr_holder"; fi
  } </dev/null &
}
wr_serve() {
  # shellcheck disable=SC2086  # split on purpose: a word is a byte
  wr_held=$(printf "\\\\0%s" $wr_held)
  trap "kill \$wr_writer 2>/dev/null; exit" TERM
  while [ -p "$wr_file-pipe" ]; do
    printf %b "$wr_held" >"$wr_file-pipe" &
    wr_writer=$!
    wait "$wr_writer"
    sleep 1
  done
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
  wr_hex "${1-}" || wr_refuse bad_run_id
  wr_run=$1 wr_base=$WR_BASE
  case ${2-} in
    have) wr_have ;;
    ground | start | status | wait | fence | cancel | out | leave)
      [ ${#WR_DIGEST} -eq 64 ] || wr_refuse bad_digest
      wr_hex "$WR_NONCE" || wr_refuse bad_nonce
      case $WR_NOW in '' | *[!0-9]* | 0?*) wr_refuse bad_number ;; esac
      case ${3-} in *[!0-9]*) wr_refuse bad_number ;; esac
      [ "$2" != ground ] || wr_base=${WR_BASE:-/var/tmp/.dogwatch-$(id -u)}
      case $wr_base in /*) ;; *) wr_refuse bad_base ;; esac
      wr_ground=$wr_base/$WR_NONCE wr_dir=$wr_base/$WR_NONCE/$wr_run
      [ "$2" = ground ] || wr_enter
      "wr_$2" "${3-}"
      ;;
    *) wr_refuse bad_verb ;;
  esac
} </dev/null # the rest of standard input is not for children

wr_hex() { case ${#1}:$1 in 32:*[!0-9a-f]*) return 1 ;; 32:*) ;; *) return 1 ;; esac; }
wr_say() { printf 'WR1 %s %s %s %s %s\n' "$wr_run" "${WR_DIGEST:--}" "$1" "$2" "$wr_boot"; }
wr_refuse() { [ -z "${wr_undo-}" ] || rm -rf "$wr_undo"; wr_say refused "$1"; exit 0; }
wr_unknown() { wr_say unknown "$1"; exit 0; }

# wr_private WHAT FOLDER: refuses all but a real folder of this user that nobody else can enter.
wr_private() {
  wr_what=$1
  # shellcheck disable=SC2046  # split on purpose: mode, links, owner
  set -- $(ls -ldn "$2" 2>/dev/null)
  case ${1-} in d*) ;; *) wr_refuse "$wr_what"_no_folder ;; esac
  [ "$3" = "$(id -u)" ] || wr_refuse "$wr_what"_not_ours
  case $1 in drwx--[-S]--- | drwx--[-S]---.) ;; *) wr_refuse "$wr_what"_not_private ;; esac
}

# wr_make COMMAND... PATH: makes a name that may be there already, or says why that can't be.
wr_make() {
  wr_error=$("$@" 2>&1) && return
  for wr_name; do :; done
  if [ -e "$wr_name" ] || [ -L "$wr_name" ]; then return; fi
  case $wr_error in
    *'No space'*)
      # shellcheck disable=SC2046  # split on purpose: the line of the file system
      set -- $(df -P "${wr_name%/*}" 2>/dev/null | tail -n 1)
      case ${4-0} in 0) wr_refuse no_space ;; *) wr_refuse no_inodes ;; esac
      ;;
    *[Qq]uota*) wr_refuse over_quota ;;
    *'Read-only'*) wr_refuse read_only ;;
    *[Pp]ermi*) wr_refuse no_permission ;;
    *) wr_refuse unwritable ;;
  esac
}

# Makes base and ground.
wr_ground() {
  wr_make mkdir "$wr_base"
  wr_private base "$wr_base"
  wr_make mkdir "$wr_base/ids"
  wr_private ids "$wr_base/ids"
  mkdir "$wr_ground" 2>/dev/null || { wr_make mkdir "$wr_ground"; wr_refuse ground_exists; }
  wr_undo=$wr_ground
  wr_make mkdir "$wr_ground/made-$WR_NOW"
  wr_make mkdir "$wr_ground/boot-$wr_boot"
  wr_undo=
  wr_sweep
  wr_detail=room wr_size=0
  { printf '%4096s' '' >"$wr_ground/room" && wr_size=$(wc -c <"$wr_ground/room"); } 2>/dev/null
  [ "$((wr_size))" -eq 4096 ] || wr_detail=full
  rm -f "$wr_ground/room"
  printf 'folder %s\n' "$wr_base"
  wr_say ground "$wr_detail"
}

# Removes grounds older than a week in which nothing lives, and claims, the oldest first.
wr_sweep() {
  for wr_name in "$wr_base"/*/made-*; do
    [ -e "$wr_name" ] && [ "${wr_name##*-}" -lt $((WR_NOW - 604800)) ] && wr_is_old "$wr_name" &&
      wr_is_dead "${wr_name%/*}" &&
      wr_remove "${wr_name%/*}"
  done
  wr_swept=
  # shellcheck disable=SC2012  # the names are ours
  ls -l "$wr_base/ids" | sed -n 's/.* \([0-9a-f]\{32\}\) -> [0-9a-f]*\.\([0-9]*\)$/\2 \1/p' | sort -rn | {
    wr_i=0
    while read -r wr_time wr_name; do
      wr_i=$((wr_i + 1))
      if [ "$wr_i" -le 4096 ]; then
        if [ "$wr_time" -ge $((WR_NOW - 604800)) ] || ! wr_is_old "$wr_base/ids/$wr_name"; then continue; fi
      fi
      if [ -z "$wr_swept" ]; then
        mkdir "$wr_base/swept-$wr_time" 2>/dev/null || [ -d "$wr_base/swept-$wr_time" ] || break
        wr_swept=$wr_time
      fi
      rm -f "$wr_base/ids/$wr_name"
    done
    # The latest is the one that counts.
    [ -z "$wr_swept" ] || for wr_name in "$wr_base"/swept-*; do
      [ "${wr_name##*-}" -ge "$wr_swept" ] || rmdir "$wr_name"
    done
  }
}
# By the clock of the host too: that of the bot may be wrong.
wr_is_old() { [ -n "$(find "$1" -prune -mtime +6 2>/dev/null)" ]; }
wr_is_dead() {
  for wr_process in "$1"/*/sup-* "$1"/*/step-*; do
    wr_process=${wr_process##*/}
    if wr_alive "${wr_process#*-}"; then return 1; fi
  done
}
wr_is_over() { set -- "$1"/*/open "$1"/*/ending; [ ! -e "$1" ] && [ ! -e "$2" ]; }
wr_remove() { mv "$1" "$wr_base/gone-${1##*/}" && rm -rf "$wr_base"/gone-*; } # at once, then bit by bit

# Nothing is told but from the ground that the bot has noted.
wr_enter() {
  [ "$WR_BOOT" = "$wr_boot" ] || wr_unknown boot_changed
  [ -e "$wr_base" ] || [ -L "$wr_base" ] || wr_unknown ground_gone
  wr_private base "$wr_base"
  [ -e "$wr_ground" ] || [ -L "$wr_ground" ] || wr_unknown ground_gone
  wr_private ground "$wr_ground"
  [ -d "$wr_ground/boot-$wr_boot" ] || wr_unknown boot_changed
  [ -e "$wr_dir" ] || [ -L "$wr_dir" ] || return 0
  wr_private run "$wr_dir"
  wr_fact plan || return 0 # an interrupted start or fence
  [ "$wr_fact" = "$WR_DIGEST" ] || wr_refuse digest_differs
}

# Makes the run folder.
wr_open() {
  wr_make mkdir "$wr_dir"
  wr_fact plan || wr_make mkdir "$wr_dir/plan-$WR_DIGEST"
  wr_enter
}

# wr_met RUN_ID NONCE: whether another ground has begun this run.
wr_met() {
  [ -L "$wr_base/ids/$1" ] || return
  wr_name=$(ls -ld "$wr_base/ids/$1")
  wr_name=${wr_name##* -> }
  [ "${wr_name%.*}" != "$2" ]
}

# Sets wr_state and wr_detail.
wr_look() {
  wr_patience=$((wr_clock + 40))
  while :; do
    wr_state=unknown wr_detail=-
    if wr_fact end; then wr_state=${wr_fact%%-*} wr_detail=${wr_fact#*-}; return; fi
    if [ -e "$wr_dir/fenced" ]; then wr_state=fenced; return; fi
    if [ ! -d "$wr_dir/go" ]; then wr_state=notstarted; return; fi
    if wr_fact sup; then
      if wr_alive "$wr_fact"; then wr_state=running; return; fi
      wr_detail=supervisor_gone
      wr_fact end || break # else it has ended between the two looks
    else
      wr_detail=no_supervisor
      [ "$wr_clock" -lt "$wr_patience" ] || break # it may be about to sign
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

wr_tell() {
  case $wr_state in timedout | cancelled) wr_left ;; esac
  wr_say "$wr_state" "$wr_detail"
}

# Two seconds for that: to look at a process that hangs can hang too.
wr_left() {
  wr_name_left &
  wr_child=$! wr_clock=0
  while kill -0 "$wr_child" 2>/dev/null && [ "$wr_clock" -lt 10 ]; do wr_nap; done
  kill "$wr_child" 2>/dev/null
}

# What carries the run in its environment and lives: it left the process group.
wr_name_left() {
  # shellcheck disable=SC2013  # names without blanks
  for wr_name in $(grep -l "DOGWATCH_RUN=$wr_run" /proc/[0-9]*/environ 2>/dev/null); do
    wr_name=${wr_name%/environ}
    { read -r wr_stat <"$wr_name/stat"; } 2>/dev/null || continue
    wr_stat=${wr_stat#*"("}
    printf 'left %s %s\n' "${wr_name##*/}" "${wr_stat%)*}"
  done
}

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
  for wr_number in "$WR_ARGC" "$WR_TIMEOUT_S" "$WR_HEAD" "$WR_TAIL" "$WR_HAS_STDIN" "$WR_CLAIM"; do
    case $wr_number in '' | *[!0-9]* | 0?*) wr_refuse bad_number ;; esac
  done
  case $WR_ARGC:${WR_ARG1:+some}:${WR_PATH:+some} in 0:* | *::* | *:) wr_refuse bad_step ;; esac
  wr_size=$(wr_args printf %s "$WR_STDIN" | wc -c)
  [ "$((wr_size))" -le 100000 ] || wr_refuse step_too_long # the kernel takes 131072 for one argument
  [ "$WR_CLAIM" = 0 ] || wr_claim_id
  wr_open
  wr_look
  [ "$wr_state" = notstarted ] || { wr_tell; return; }
  wr_make mkdir "$wr_dir/calm"
  wr_make mkdir "$wr_dir/open"
  mkdir "$wr_dir/go" 2>/dev/null || { wr_make mkdir "$wr_dir/go"; wr_look; wr_tell; return; }
  WR_TEXT=$wr_shared$wr_supervisor
  wr_i=0
  while [ "$wr_i" -lt "$WR_ARGC" ]; do wr_i=$((wr_i + 1)); export "WR_ARG$wr_i"; done
  export WR_TEXT WR_ARGC WR_PATH WR_UMASK WR_HEAD WR_TAIL WR_TIMEOUT_S WR_STDIN WR_HAS_STDIN
  # By the environment, not as arguments: a step like `pkill -f NAME` must not hit its supervisor.
  (wr_leader sh -c 'eval "$WR_TEXT"; wr_supervise "$1"' dogwatch "$wr_dir") >/dev/null 2>&1 &
  wr_say accepted -
}

# A request and its approvals live forty minutes: no start that is allowed has an older claim.
wr_claim_id() {
  for wr_name in "$wr_base"/swept-*; do
    [ ! -e "$wr_name" ] || [ "${wr_name##*-}" -lt $((WR_NOW - 2400)) ] || wr_refuse claim_may_be_gone
  done
  [ -d "$wr_base/ids" ] || wr_unknown ground_gone
  for wr_pair in $WR_EARLIER "$wr_run:$WR_NONCE"; do
    wr_make ln -s "${wr_pair#*:}.$WR_NOW" "$wr_base/ids/${wr_pair%:*}"
    if wr_met "${wr_pair%:*}" "${wr_pair#*:}"; then wr_say met -; exit; fi
  done
}

wr_status() { wr_look; wr_tell; }
wr_wait() { wr_await "${1:-20}"; wr_tell; }

wr_fence() { wr_claim; wr_tell; }
wr_claim() {
  if wr_met "$wr_run" "$WR_NONCE"; then wr_say met -; exit; fi
  wr_open
  if mkdir "$wr_dir/go" 2>/dev/null; then wr_mark "$wr_dir/fenced"; fi
  wr_look
  [ "$wr_state" != notstarted ] || wr_make mkdir "$wr_dir/go"
}

wr_cancel() {
  wr_claim
  if [ "$wr_state" = running ]; then
    mv "$wr_dir/calm" "$wr_dir/cancel" 2>/dev/null || wr_mark "$wr_dir/cancel"
    wr_await 15
  elif [ "$wr_detail" = step_alive ]; then
    wr_end "${wr_fact%-*}"
    wr_look
  fi
  wr_tell
}

wr_bytes() { if [ -f "$1" ]; then echo "$(($(wc -c <"$1")))"; else echo 0; fi; }

wr_out() {
  if [ ! -d "$wr_dir/go" ] || [ -e "$wr_dir/fenced" ]; then wr_refuse no_output; fi
  wr_most=${1:-0} wr_closed=open wr_where=disk wr_clock=0
  while wr_fact end && ! wr_over && [ ! -e "$wr_dir/cut" ] && [ "$wr_clock" -lt 15 ]; do wr_nap; done
  if wr_over; then wr_closed=closed; elif [ -e "$wr_dir/cut" ]; then wr_closed="cut"; fi
  wr_measure out
  wr_out=$wr_kept:$wr_count:$wr_last wr_sizes=$((wr_kept + wr_count)),$wr_dropped,$wr_last
  wr_measure err
  wr_say out "$wr_sizes,$((wr_kept + wr_count)),$wr_dropped,$wr_last,$wr_closed,$wr_where"
  wr_print out "${wr_out%%:*}" "${wr_out#*:}"
  wr_print err "$wr_kept" "$wr_count:$wr_last"
}

# wr_measure STREAM: bytes of its head on the disk and in memory, not kept, and of its tail.
wr_measure() {
  wr_file=$wr_dir/$1 wr_count=0 wr_dropped=0 wr_last=0
  wr_kept=$(wr_bytes "$wr_file")
  if [ "$wr_most" -gt 0 ]; then # the last bytes so far
    [ "$wr_kept" -le "$wr_most" ] || { wr_dropped=$((wr_kept - wr_most)) wr_last=$wr_most wr_kept=0; }
    return
  fi
  if [ -e "$wr_file-more" ]; then
    wr_dropped=unknown
    if [ "$wr_closed" = closed ]; then wr_last=$(wr_bytes "$wr_file-tail"); fi
    if wr_fact "$1-rest"; then wr_dropped=$((wr_fact - wr_last)); fi
  fi
  if [ ! -e "$wr_file-lost" ]; then
    # As many bytes as there were at the end, or somebody has cut or removed it.
    [ "$wr_closed" != closed ] || { wr_fact "$1-eof" && [ "$wr_fact" = "$wr_kept" ]; } || wr_dropped=unknown
    return
  fi
  if wr_fact "$1-eof" && [ "$wr_fact" = gone ]; then wr_dropped=unknown; return; fi
  wr_where=memory
  if wr_fact "$1-holder" && wr_alive "$wr_fact" && wr_fact "$1-held"; then
    [ "$wr_kept" -ge "${wr_fact%-*}" ] || wr_dropped=unknown
    wr_kept=${wr_fact%-*} wr_count=${wr_fact#*-}
  else wr_dropped=unknown; fi
}

# wr_print STREAM KEPT COUNT:LAST
wr_print() {
  wr_file=$wr_dir/$1
  [ "$2" -eq 0 ] || head -c "$2" "$wr_file"
  [ "${3%:*}" -eq 0 ] || head -c "${3%:*}" <"$wr_file-pipe"
  [ "${3#*:}" -eq 0 ] || if [ "$wr_most" -gt 0 ]; then tail -c "${3#*:}" "$wr_file"
  else head -c "${3#*:}" "$wr_file-tail"; fi
}

wr_leave() {
  wr_is_over "$wr_ground" || wr_refuse not_over
  wr_remove "$wr_ground"
  wr_say left -
}
