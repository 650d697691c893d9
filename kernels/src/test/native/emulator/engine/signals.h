// SPDX-License-Identifier: Apache-2.0
// Faults of kernels become launch errors; everything else goes where it went before us (in a JVM:
// to HotSpot, which needs SIGSEGV for null checks and stack banging).
#pragma once

namespace emu {

void install_signal_handlers();

// Every thread that runs kernels or touches device memory calls this first.
void use_alternate_signal_stack();

// The signal that makes a worker give up its block.
int timeout_signal();

}  // namespace emu
