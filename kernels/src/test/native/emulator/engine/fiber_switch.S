// SPDX-License-Identifier: Apache-2.0
// void emu_switch(void** save, void* to): leaves the running fiber, whose stack pointer goes to
// *save, and continues on the stack `to`. Only what the System V ABI calls callee-saved is kept.
#if !defined(__x86_64__)
#error "the emulator switches fibers in x86-64 assembly; JCuda's natives exist for x86-64 only"
#endif
  .text
  .globl emu_switch
  .hidden emu_switch
  .type emu_switch, @function
emu_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .size emu_switch, . - emu_switch
  .section .note.GNU-stack, "", @progbits
