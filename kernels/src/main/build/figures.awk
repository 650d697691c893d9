# SPDX-License-Identifier: Apache-2.0
# Joins costs.tsv (first file) and kernels.tsv (second) into the README's table; with check=1 lists the spills of hot
# kernels instead. A line of costs is for the kernels that match its pattern (* is anything), the first that matches.
function cost_of(kernel, i) {
  for (i = 1; i <= patterns; i++) {
    if (kernel ~ pattern[i]) return i
  }
  print "no line of costs.tsv is for " kernel > "/dev/stderr"
  failed = 1
  return 0
}
FNR == 1 { next }
FNR == NR {
  regex = $1
  gsub(/\*/, ".*", regex)
  pattern[++patterns] = "^" regex "$"
  title[patterns] = $1
  hot[patterns] = $2 == "yes"
  bytes[patterns] = $3
  flops[patterns] = $4
  bound[patterns] = $5
  next
}
{
  if (!($2 in cost)) {
    order[++count] = $2
    cost[$2] = cost_of($2)
  }
  used[cost[$2]] = 1
  threads[$2] = $5
  figures[$1, $2] = $3 " / " $4 " / " $6 + $7
  if (check && hot[cost[$2]] && $6 + $7 > 0) {
    print $1 ": " $2 " spills " $6 " bytes and loads " $7
  }
}
function figure(arch, kernel) {
  return (arch SUBSEP kernel) in figures ? figures[arch, kernel] : "-"
}
# Rows by name, in the order of costs.tsv.
function print_kernels(i, j, k) {
  for (i = 1; i <= patterns; i++) {
    for (j = 1; j <= count; j++) {
      k = order[j]
      if (cost[k] == i) printf "| `%s` | %s | %s | %s |\n", k, threads[k], figure("sm_80", k), figure("sm_90a", k)
    }
  }
}
END {
  if (failed) exit 1
  if (check) exit 0
  print ""
  print "Bytes and operations that a kernel cannot do without, and what bounds it (patterns as in `src/main/cuda/costs.tsv`):"
  print ""
  print "| kernels | bytes | operations | bound |"
  print "|---|---|---|---|"
  for (i = 1; i <= patterns; i++) {
    if (used[i]) printf "| `%s` | %s | %s | %s |\n", title[i], bytes[i], flops[i], bound[i]
  }
  print ""
  print "Threads of a block, and registers / bytes of static shared memory / bytes of spills as compiled by nvcc " nvcc ":"
  print ""
  print "| kernel | threads | sm_80 | sm_90a |"
  print "|---|---|---|---|"
  print_kernels()
  print ""
}
