#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The tables of kernels in kernels/README.md: what ptxas measured (kernels.tsv of the default build) beside what each
# kernel must move and compute (costs.tsv) and the shared memory that it is launched with (dynamic-shared.tsv), both
# beside the sources and written by hand; a test of gpu-runtime holds the latter against the launcher.
#
#   kernel-figures.sh write OUT_DIR    replaces the tables
#   kernel-figures.sh check OUT_DIR    fails if they are not those of the build, or a hot kernel spills registers
#
# OUT_DIR is that of build-kernels.sh. A build without nvcc has nothing to compare, and another nvcc than the tables'
# has other figures: check then says so and looks at spills only.
set -euo pipefail
export LC_ALL=C

here=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
costs=$here/../cuda/costs.tsv
shared=$here/../cuda/dynamic-shared.tsv
readme=$here/../../../README.md
begin='<!-- kernels: written by src/main/build/kernel-figures.sh -->'
end='<!-- end of kernels -->'

fail() {
  echo "kernel-figures: $*" >&2
  exit 1
}

[ $# -eq 2 ] || fail "usage: kernel-figures.sh write|check OUT_DIR"
mode=$1
table=$2/kernels/kernels.tsv
property() { sed -n "s/^$1=//p" "$2/kernels.properties"; }
if [ "$(property images "$2")" = 0 ]; then
  echo "kernel-figures: this build carries no kernels, so there is nothing to compare." >&2
  exit 0
fi
nvcc=$(property nvcc "$2")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

awk -F '\t' -v nvcc="$nvcc" -f "$here/figures.awk" "$costs" "$shared" "$table" >"$work/table" || fail "see above"
grep -qxF "$begin" "$readme" && grep -qxF "$end" "$readme" || fail "$readme has no place for the table"
# The text around the table stays.
sed -n "1,\\|^$begin\$|p" "$readme" >"$work/readme"
cat "$work/table" >>"$work/readme"
sed -n "\\|^$end\$|,\$p" "$readme" >>"$work/readme"

case $mode in
  write)
    cmp -s "$work/readme" "$readme" || cp "$work/readme" "$readme"
    ;;
  check)
    stated=$(sed -n 's/.*as compiled by nvcc \([0-9.]*\):$/\1/p' "$readme")
    if [ -n "$stated" ] && [ "$stated" != "$nvcc" ]; then
      echo "kernel-figures: the table is of nvcc $stated, this is $nvcc, so its figures are not compared." >&2
    elif [[ ,$(property archs "$2"), != *,sm_80,* || ,$(property archs "$2"), != *,sm_90a,* ]]; then
      echo "kernel-figures: the table shows sm_80 and sm_90a, which this build has not both." >&2
    elif ! diff "$readme" "$work/readme" >&2; then
      fail "the table in kernels/README.md is stale: run src/main/build/kernel-figures.sh write $2"
    fi
    awk -F '\t' -v check=1 -f "$here/figures.awk" "$costs" "$shared" "$table" >"$work/spills" || fail "see above"
    if [ -s "$work/spills" ]; then
      cat "$work/spills" >&2
      fail "hot kernels spill registers"
    fi
    ;;
  *) fail "write or check, not $mode" ;;
esac
