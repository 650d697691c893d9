#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# coverage_report.sh OBJECTS SOURCES: how many lines of the kernels ran, by file and in all. A line counts
# as run if it ran in any architecture and in any instance of a template. With LIST=1 the other lines too.
set -eu
objects=$(cd "$1" && pwd)
sources=$(cd "$2" && pwd)
cd "$objects"
set -- *.gcda
if [ ! -e "$1" ]; then
  echo "coverage: no counts in $objects; run tests with EMU_TWINS=$(dirname "$objects") first" >&2
  exit 1
fi
gcov -t "$@" 2>/dev/null | awk -v sources="$sources/" -v list="${LIST:-0}" '
  / 0:Source:/ {
    file = substr($0, index($0, "Source:") + 7)
    ours = index(file, sources) == 1
    file = substr(file, length(sources) + 1)
    next
  }
  ours && match($0, /^ *[0-9#=*-]+\*?: *[0-9]+:/) {
    split($0, field, ":")
    count = field[1]
    line = field[2] + 0
    gsub(/ /, "", count)
    if (count == "-" || line == 0) next
    key = file ":" line
    if (!(key in state)) { state[key] = 0; total[file]++; all++ }
    if (count !~ /^[#=]/ && state[key] == 0) { state[key] = 1; run[file]++; all_run++ }
  }
  END {
    for (file in total) printf "%6.1f%% %5d of %5d  %s\n", 100 * run[file] / total[file], run[file], total[file], file | "sort -k5"
    close("sort -k5")
    if (list) for (key in state) if (!state[key]) print "not run: " key | "sort -t: -k2,2 -k3,3n"
    if (all) printf "%6.1f%% %5d of %5d  total\n", 100 * all_run / all, all_run, all
  }'
