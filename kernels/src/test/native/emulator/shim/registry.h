// SPDX-License-Identifier: Apache-2.0
// Makes a table entry of a kernel: how to call it with the driver's parameter pointers, the size of
// each parameter, and which ones are pointers that the driver must check.
#pragma once

template <auto Kernel>
struct EmuRegistry;

template <class... Params, void (*Kernel)(Params...)>
struct EmuRegistry<Kernel> {
  template <size_t... I>
  static void call(void** params, std::index_sequence<I...>) {
    Kernel(*static_cast<std::remove_cv_t<Params>*>(params[I])...);
  }
  static void invoke(void** params) { call(params, std::index_sequence_for<Params...>{}); }

  static constexpr int kCount = sizeof...(Params);
  // The last element only keeps the arrays from being empty.
  static constexpr uint16_t kSizes[kCount + 1] = {static_cast<uint16_t>(sizeof(Params))..., 0};
  static constexpr uint8_t kPointers[kCount + 1] = {
      static_cast<uint8_t>(std::is_pointer_v<Params>)..., 0};
};

#define EMU_KERNEL_ENTRY(kernel)                                        \
  {#kernel, EmuRegistry<&kernel>::invoke, EmuRegistry<&kernel>::kCount, \
   EmuRegistry<&kernel>::kSizes, EmuRegistry<&kernel>::kPointers}
