# SPDX-License-Identifier: Apache-2.0
# Joins the kernels of ptx-kernels.awk (first file) with the log of ptxas -v (second file) into rows of kernels.tsv.
FNR == NR {
  threads[$1] = $2
  order[++count] = $1
  next
}
/Compiling entry function/ {
  split($0, quoted, "'")
  kernel = quoted[2]
}
/Function properties for/ {
  # A kernel's own, not those of a function that it calls.
  is_own = $NF == kernel
}
/bytes stack frame/ && is_own {
  stack[kernel] = $1
  stores[kernel] = $5
  loads[kernel] = $9
}
/Used [0-9]+ registers/ {
  match($0, /Used [0-9]+/)
  registers[kernel] = substr($0, RSTART + 5, RLENGTH - 5)
  shared[kernel] = match($0, /[0-9]+ bytes smem/) ? substr($0, RSTART, RLENGTH - 11) : 0
}
END {
  for (i = 1; i <= count; i++) {
    k = order[i]
    if (!(k in registers) || !(k in stack)) {
      print "no figures of " k > "/dev/stderr"
      exit 1
    }
    printf "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\n", arch, k, registers[k], shared[k], threads[k], stores[k], loads[k], stack[k]
  }
}
