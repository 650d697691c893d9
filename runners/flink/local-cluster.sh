#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A Flink cluster on this machine out of its published jars, each part a JVM of its own:
#
#   local-cluster.sh start [--taskManagers=N] [--slots=N] [--restPort=P] [--rpcPort=P] [--gpus=0,1,...]
#                          [--withoutEngineJar] [--classes=JAR:...] [-DKEY=VALUE ...]
#   local-cluster.sh status
#   local-cluster.sh stop
#
# All take --runDir=FOLDER (default: target/cluster/run beside this script), which holds configuration, logs and process
# ids, and in engines/ a file with the counters of each engine that ran (steps, tokens), also of one that was killed; several
# clusters may run beside each other in folders and on ports of their own. A TaskManager that ends is started again, whatever
# its exit code (70 says that it lost its GPU), unless it ends five times in a row within ten seconds.
# stop ends what start began, and nothing else.
#
#   --gpus=0,1           the first TaskManager sees GPU 0 only, the second GPU 1; without it all see all
#   --withoutEngineJar   leaves highbeam-engine.jar out of the class path: each job brings its engine
#   --classes=JAR:...    more jars or folders for the class path of every process
#   -DKEY=VALUE          an entry of Flink's configuration
#   HIGHBEAM_JM_OPTS, HIGHBEAM_TM_OPTS   options for the JVMs, such as -Xmx4g; JAVA_HOME is the JDK to use
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
jars=$here/target
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

die() {
  echo "local-cluster: $1" >&2
  exit "${2:-1}"
}

command=${1:-}
[ $# -eq 0 ] || shift
run=$jars/cluster/run
task_managers=1 slots=2 rest_port=8081 rpc_port=6123 gpus='' engine=true more='' dynamic=()
for option in "$@"; do
  value=${option#*=}
  case $option in
    --runDir=?*) run=$value ;;
    --taskManagers=[1-9]*) task_managers=$value ;;
    --slots=[1-9]*) slots=$value ;;
    --restPort=[1-9]*) rest_port=$value ;;
    --rpcPort=[1-9]*) rpc_port=$value ;;
    --gpus=?*) gpus=$value ;;
    --withoutEngineJar) engine=false ;;
    --classes=?*) more=$value ;;
    -D?*=*) dynamic+=("$option") ;;
    *) die "unknown option '$option'; the head of $0 lists them" 2 ;;
  esac
done

# The command line of a process; ps is not everywhere, and neither is /proc.
arguments_of() {
  if [ -d /proc/self ]; then
    tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null
  else
    ps -o args= -p "$1" 2>/dev/null
  fi
}

# Whether the process in a pid file is one of this cluster's: after a crash its number may be somebody else's.
is_ours() {
  local pid
  pid=$(cat "$1" 2>/dev/null) || return 1
  kill -0 "$pid" 2>/dev/null && arguments_of "$pid" | grep -qF -e "$run"
}

write_configuration() {
  mkdir -p "$run/conf" "$run/log" "$run/pid" "$run/tmp"
  cat >"$run/conf/config.yaml" <<EOF
jobmanager: {rpc: {address: localhost, port: $rpc_port}, bind-host: localhost}
rest: {address: localhost, port: $rest_port, bind-address: localhost}
taskmanager:
  host: localhost
  bind-host: localhost
  numberOfTaskSlots: $slots
  cpu: {cores: 2.0}
  # The TaskManager's own start script would divide memory; -Xmx is what really bounds the heap.
  memory: {framework: {heap: {size: 128m}, off-heap: {size: 128m}}, task: {heap: {size: 1g}, off-heap: {size: 0b}},
    network: {min: 256m, max: 256m}, managed: {size: 256m}, jvm-metaspace: {size: 256m}, jvm-overhead: {min: 192m, max: 192m}}
# A process that dies is noticed at once by its broken connections. One that is slow, because this machine does much
# else, is not dead.
heartbeat: {interval: 2000, timeout: 120000}
pekko: {ask: {timeout: 60 s}}
io: {tmp: {dirs: $run/tmp}}
# Otherwise a small job takes all its slots from one TaskManager, and the other one's GPU is idle.
cluster: {evenly-spread-out-slots: true}
# The slots that a lost TaskManager takes along are one failure to this strategy, and several to fixed-delay. Ten failures
# without five quiet minutes between two of them end the job.
restart-strategy:
  type: exponential-delay
  exponential-delay: {initial-backoff: 2 s, max-backoff: 30 s, backoff-multiplier: 1.5,
    reset-backoff-threshold: 5 min, attempts-before-reset-backoff: 10}
# One engine per process, whatever the job: see docs/flink.md.
classloader: {parent-first-patterns: {additional: "dev.highbeam.runtime.;jcuda."}}
EOF
  cat >"$run/conf/log4j2.properties" <<EOF
rootLogger.level = INFO
rootLogger.appenderRef.out.ref = Out
appender.out.name = Out
appender.out.type = CONSOLE
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{HH:mm:ss,SSS} %-5p %-40c{1.} %x - %m%n
EOF
}

# Replaces this shell by a JVM: role, main class, JVM options.
jvm() {
  local role=$1 main=$2
  shift 2
  local classes="$jars/cluster/lib/*${more:+:$more}"
  [ "$engine" = false ] || classes="$jars/highbeam-engine.jar:$classes"
  # The opens are those of Flink's own scripts; the log's name tells whose JVM this is.
  exec "$java" -Dhighbeam.cluster="$run" -Dhighbeam.role="$role" -Dhighbeam.counters.dir="$run/engines" \
    "-Dlog4j.configurationFile=$run/conf/log4j2.properties" \
    --add-exports=java.base/sun.net.util=ALL-UNNAMED --add-exports=java.rmi/sun.rmi.registry=ALL-UNNAMED \
    --add-opens=java.base/java.lang=ALL-UNNAMED --add-opens=java.base/java.net=ALL-UNNAMED \
    --add-opens=java.base/java.io=ALL-UNNAMED --add-opens=java.base/java.nio=ALL-UNNAMED \
    --add-opens=java.base/sun.nio.ch=ALL-UNNAMED --add-opens=java.base/java.lang.reflect=ALL-UNNAMED \
    --add-opens=java.base/java.text=ALL-UNNAMED --add-opens=java.base/java.time=ALL-UNNAMED \
    --add-opens=java.base/java.util=ALL-UNNAMED --add-opens=java.base/java.util.concurrent=ALL-UNNAMED \
    --add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED --add-opens=java.base/java.util.concurrent.locks=ALL-UNNAMED \
    "$@" -cp "$classes" "$main" --configDir "$run/conf" ${dynamic[@]+"${dynamic[@]}"}
}

task_manager() {
  local number=$1 devices=()
  if [ -n "$gpus" ]; then
    IFS=, read -ra devices <<<"$gpus"
    export CUDA_VISIBLE_DEVICES=${devices[$(((number - 1) % ${#devices[@]}))]}
  fi
  # shellcheck disable=SC2086 # the variable holds several options
  jvm "taskmanager-$number" org.apache.flink.runtime.taskexecutor.TaskManagerRunner \
    --add-modules jdk.incubator.vector -Xmx1152m -XX:MaxDirectMemorySize=512m -XX:MaxMetaspaceSize=384m ${HIGHBEAM_TM_OPTS:-}
}

# Keeps one TaskManager running until this process is told to end.
supervise() {
  local number=$1 child='' code quick=0 since
  trap '[ -z "$child" ] || kill -TERM "$child" 2>/dev/null; wait; exit 0' TERM INT
  while :; do
    since=$SECONDS
    (task_manager "$number") >>"$run/log/taskmanager-$number.log" 2>&1 &
    child=$!
    echo "$child" >"$run/pid/taskmanager-$number"
    code=0
    wait "$child" || code=$?
    echo "$(date +%T) taskmanager-$number (process $child) ended with code $code" >>"$run/log/supervisor.log"
    quick=$((SECONDS - since < 10 ? quick + 1 : 0))
    if [ "$quick" -ge 5 ]; then
      echo "taskmanager-$number ends at once, again and again: given up" >>"$run/log/supervisor.log"
      exit 1
    fi
    sleep 1
  done
}

is_answering() {
  (exec 3<>"/dev/tcp/localhost/$rest_port") 2>/dev/null
}

# How many TaskManagers the JobManager knows; neither curl nor wget is everywhere.
registered() {
  (
    exec 3<>"/dev/tcp/localhost/$rest_port"
    printf 'GET /overview HTTP/1.0\r\n\r\n' >&3
    while IFS= read -r -t 10 line <&3 || [ -n "$line" ]; do echo "$line"; done |
      sed -n 's/.*"taskmanagers":\([0-9]*\).*/\1/p'
  ) 2>/dev/null
}

start() {
  [ -d "$jars/cluster/lib" ] && [ -f "$jars/highbeam-engine.jar" ] ||
    die "not built yet: run './mvnw -DskipTests package -pl runners/flink -am' in $(dirname "$(dirname "$here")")"
  ! is_ours "$run/pid/jobmanager" || die "a cluster of $run runs already; end it with stop"
  ! is_answering || die "port $rest_port is taken; choose another one with --restPort"
  write_configuration
  # Descriptors of whoever calls must not live on in the cluster: a pipe would never end.
  # shellcheck disable=SC2086 # the variable holds several options
  (jvm jobmanager org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint -Xmx768m \
    -XX:MaxMetaspaceSize=384m ${HIGHBEAM_JM_OPTS:-}) </dev/null >"$run/log/jobmanager.log" 2>&1 &
  echo $! >"$run/pid/jobmanager"
  local number
  for ((number = 1; number <= task_managers; number++)); do
    # By its own name, so that its command line names the folder by which stop knows it.
    bash "${BASH_SOURCE[0]}" "supervise-$number" --runDir="$run" ${given[@]+"${given[@]}"} </dev/null >/dev/null 2>&1 &
    echo $! >"$run/pid/supervisor-$number"
  done
  local tries=0
  until [ "$(registered)" = "$task_managers" ]; do
    # It is this shell's child, so its number is nobody else's.
    if ! kill -0 "$(cat "$run/pid/jobmanager")" 2>/dev/null; then
      tail -n 20 "$run/log/jobmanager.log" >&2
      stop
      die "the JobManager ended; the end of $run/log/jobmanager.log is above"
    fi
    tries=$((tries + 1))
    [ "$tries" -lt 1500 ] || die "not all TaskManagers have come; see $run/log, and end the rest with stop"
    sleep 0.2
  done
  echo "JobManager at localhost:$rest_port, $task_managers TaskManagers with $slots slots each; logs in $run/log"
}

stop() {
  local file pid tries=0
  # Supervisors first: each ends its TaskManager and starts no other.
  for file in "$run"/pid/supervisor-* "$run"/pid/jobmanager; do
    ! is_ours "$file" || kill -TERM "$(cat "$file")" 2>/dev/null || true
  done
  # A TaskManager whose supervisor was killed has nobody else to end it.
  for file in "$run"/pid/*; do
    while is_ours "$file"; do
      pid=$(cat "$file")
      tries=$((tries + 1))
      [ "$tries" -ne 50 ] || kill -TERM "$pid" 2>/dev/null || true
      [ "$tries" -lt 100 ] || kill -KILL "$pid" 2>/dev/null || true
      sleep 0.2
    done
    rm -f "$file"
  done
}

status() {
  local file running=0
  for file in "$run"/pid/jobmanager "$run"/pid/taskmanager-*; do
    if is_ours "$file"; then
      echo "$(basename "$file"): process $(cat "$file")"
      running=$((running + 1))
    elif [ -f "$file" ]; then
      echo "$(basename "$file"): ended"
    fi
  done
  [ "$running" -gt 0 ] || {
    echo "no cluster of $run runs"
    exit 1
  }
}

given=("$@")
case $command in
  start) start ;;
  stop) stop ;;
  status) status ;;
  supervise-[1-9]*) supervise "${command#supervise-}" ;;
  *) die "say start, stop or status; the head of $0 lists the options" 2 ;;
esac
