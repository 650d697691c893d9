# SPDX-License-Identifier: Apache-2.0
# Joins costs.tsv, dynamic-shared.tsv and kernels.tsv (in this order) into the README's tables; with check=1 lists the
# spills of hot kernels instead. A line of the first two is for the kernels that match its pattern (* is anything), the
# first that matches.
BEGIN {
  # An H200 (SXM): data sheet; mma.sync reaches 62.9 % of wgmma (Luo et al., Benchmarking and Dissecting the Nvidia
  # Hopper GPU Architecture, 2024); lane instructions are 132 multiprocessors x 128 lanes x 1.98 GHz.
  memory = 4.8e12
  rate["wgmma"] = 989e12
  rate["mma.sync"] = 622e12
  rate["f32"] = 67e12
  rate["instructions"] = 33.5e12
  # What a launch and the chain of its own loads take, whatever it does.
  latency = 3e-6
}
function regex_of(pattern) {
  gsub(/\*/, ".*", pattern)
  return "^" pattern "$"
}
function first_match(kernel, patterns, count, file, i) {
  for (i = 1; i <= count; i++) {
    if (kernel ~ patterns[i]) return i
  }
  print "no line of " file " is for " kernel > "/dev/stderr"
  failed = 1
  return 0
}
function fail(message) {
  print message > "/dev/stderr"
  failed = 1
}
FNR == 1 { file++; next }
file == 1 {
  if (NF != 8 || !($8 in rate)) fail("costs.tsv: wrong line for " $1)
  pattern[++patterns] = regex_of($1)
  title[patterns] = $1
  hot[patterns] = $2 == "yes"
  cost[patterns] = $3 " | " $4
  example[patterns] = $5
  moving[patterns] = $6 / memory
  computing[patterns] = $7 / rate[$8]
  unit[patterns] = $8
  next
}
file == 2 {
  shared_pattern[++shared_patterns] = regex_of($1)
  shared_bytes[shared_patterns] = $2
  next
}
{
  if (!($2 in line_of)) {
    line_of[$2] = first_match($2, pattern, patterns, "costs.tsv")
    dynamic[$2] = shared_bytes[first_match($2, shared_pattern, shared_patterns, "dynamic-shared.tsv")]
  }
  used[line_of[$2]] = 1
  # The tables are those of the default build, also if this one has more images.
  if (($1 == "sm_80" || $1 == "sm_90a") && !($2 in threads)) {
    order[++count] = $2
    threads[$2] = $5
  }
  figures[$1, $2] = $3 " / " $4 " / " $6 + $7
  if (check && hot[line_of[$2]] && $6 + $7 > 0) {
    print $1 ": " $2 " spills " $6 " bytes and loads " $7
  }
}
function figure(arch, kernel) {
  return (arch SUBSEP kernel) in figures ? figures[arch, kernel] : "-"
}
function bound(i, least) {
  least = moving[i] > computing[i] ? moving[i] : computing[i]
  return sprintf("%.1f | %s", least * 1e6, \
    least < latency ? "latency" : moving[i] >= computing[i] ? "memory" : unit[i])
}
# Rows by name, in the order of costs.tsv.
function print_kernels(i, j, k) {
  for (i = 1; i <= patterns; i++) {
    for (j = 1; j <= count; j++) {
      k = order[j]
      if (line_of[k] != i) continue
      printf "| `%s` | %s | %s | %s | %s |\n", k, threads[k], dynamic[k], figure("sm_80", k), figure("sm_90a", k)
    }
  }
}
END {
  if (failed) exit 1
  for (i = 1; i <= patterns; i++) {
    if (!used[i]) fail("costs.tsv: no kernel is " title[i])
  }
  if (failed) exit 1
  if (check) exit 0
  print ""
  print "Bytes that a kernel must move, operations that it must do, and what follows on an H200 for one example: the longer"
  print "of bytes at 4.8 TB/s and operations at 989 TFLOP/s (wgmma), 622 (mma.sync), 67 (f32) or 33.5 T lane instructions a"
  print "second. What takes less than 3 us is bound by the latency of its launch. None of it was measured."
  print ""
  print "| kernels | bytes | operations | example | us | bound by |"
  print "|---|---|---|---|---|---|"
  for (i = 1; i <= patterns; i++) {
    printf "| `%s`%s | %s | %s | %s |\n", title[i], hot[i] ? "" : " (not hot)", cost[i], example[i], bound(i)
  }
  print ""
  print "Threads of a block, dynamic shared memory in bytes (devices of 8.0 and later), and registers / bytes of static shared"
  print "memory / bytes of spills as compiled by nvcc " nvcc ":"
  print ""
  print "| kernel | threads | dynamic | sm_80 | sm_90a |"
  print "|---|---|---|---|---|"
  print_kernels()
  print ""
}
