// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "driver/image.h"

namespace emu {

size_t cubin_size(const uint8_t* data);
bool read_cubin(ImageBytes bytes, Image* image, std::string* error);

}  // namespace emu
