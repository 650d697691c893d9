// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "driver/image.h"

namespace emu {

// Fills version, target and the signatures of the entries.
bool read_ptx(const std::string& text, Image* image, std::string* error);

// Newest PTX ISA (90 = 9.0) that a driver of this version (13000 = CUDA 13.0) compiles.
int newest_ptx(int driver_version);

}  // namespace emu
