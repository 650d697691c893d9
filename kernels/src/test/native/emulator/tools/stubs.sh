#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# stubs.sh SYMBOLS OBJECT...: assembly for every symbol of the list that no object defines. Each stub
# reports its name and returns CUDA_ERROR_NOT_SUPPORTED; a missing symbol would end the JVM.
set -eu
symbols=$1
shift
nm --defined-only "$@" | awk '
  FNR == NR && NF == 3 && $2 == "T" { defined[$3] = 1; next }
  FNR != NR && !($1 in defined) {
    printf ".text\n.globl %s\n.type %s,@function\n%s:\n", $1, $1, $1
    printf "  leaq 1f(%%rip), %%rdi\n  jmp emu_unsupported@PLT\n1: .asciz \"%s\"\n", $1
  }
  END { print ".section .note.GNU-stack,\"\",@progbits" }
' - "$symbols"
