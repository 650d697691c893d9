#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Kills TaskManagers while a job runs, and compares what comes out with an undisturbed run of the same job:
#
#   chaos.sh --folder=FOLDER [--seeds=1-20] [--oneKillSeeds=1-5] [--rows=10000] [--maxTokens=N] [--maxNumSeqs=N]
#            [--from=10] [--to=30] [--minKills=3] [--minSeconds=120]
#
# Each run has a cluster of its own (local-cluster.sh: two TaskManagers with two slots, free ports). With a seed of
# --seeds a random TaskManager is killed with signal 9 every --from to --to seconds, from the submission to the end of the job;
# with one of --oneKillSeeds one is killed once. FOLDER/table.md gets a line per run: rows lost and doubled, files left over,
# whether the sorted hash of (id, text, finish_reason) is that of the undisturbed run, and the tokens that all engines decoded,
# those of killed processes included. Exit code 0: every run was good. An empty --seeds= or --oneKillSeeds= leaves these out. A
# second call for the same folder adds to the table and compares with the undisturbed run that is there.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
target=$here/target
[ -f "$target/highbeam-flink.jar" ] && [ -d "$target/test-classes" ] || {
  echo "chaos: not built yet: run './mvnw -DskipTests package -pl runners/flink -am'" >&2
  exit 1
}
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" -Xmx512m "-Dhighbeam.root=$(dirname "$(dirname "$here")")" \
  -cp "$target/test-classes:$target/highbeam-flink.jar:$target/cluster/lib/*" dev.highbeam.runners.flink.Chaos "$@"
