# SPDX-License-Identifier: Apache-2.0
# Lists the kernels of a PTX file: name and launch bound (1024 where none is given).
/^\.visible \.entry / {
  if (name != "") print name, threads
  name = $3
  sub(/\(.*/, "", name)
  threads = 1024
}
/^\.maxntid / {
  threads = $2
  sub(/,.*/, "", threads)
}
END {
  if (name != "") print name, threads
}
