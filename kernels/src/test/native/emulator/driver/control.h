// SPDX-License-Identifier: Apache-2.0
// How tests steer the emulator and look inside; README.md lists the words and numbers.
#pragma once

#include "driver/objects.h"

namespace emu {

bool is_control_word(const char* text);  // "emu:..."
Result obey_control_word(const char* text);

bool is_private_attribute(int number);
Result read_private_attribute(const Device& device, int number, int* value);

}  // namespace emu
