#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# registry.sh SOURCE PREPROCESSED CHECKED: the C++ file of a twin: the kernels' source and a table of
# every extern "C" __global__ function that the preprocessed source defines for this architecture.
set -eu
source=$1
preprocessed=$2
checked=$3
names=$(tr '\n' ' ' <"$preprocessed" |
  grep -oE 'extern "C" +EMU_GLOBAL +void +[A-Za-z_][A-Za-z_0-9]* *\(' |
  sed -E 's/.*void +([A-Za-z_0-9]+) *\(/\1/' | sort -u)
echo "#include \"$source\""
echo "static const EmuKernel emu_kernels[] = {"
for name in $names; do echo "  EMU_KERNEL_ENTRY($name),"; done
cat <<END
  {nullptr, nullptr, 0, nullptr, nullptr},
};
// Of a size that leaves dynamic shared memory, which is checked behind it, aligned as it is.
alignas(16) static thread_local volatile char emu_tls_anchor[16];
static void* emu_touch_tls(void) {
  emu_tls_anchor[0] = 0;
  return const_cast<char*>(&emu_tls_anchor[0]);
}
extern "C" __attribute__((visibility("default"))) const EmuTwin emu_twin;
const EmuTwin emu_twin = {EMU_TWIN_ABI, $checked, EMU_ARCH,
                          static_cast<int>(sizeof emu_kernels / sizeof *emu_kernels) - 1,
                          emu_kernels, emu_touch_tls};
END
