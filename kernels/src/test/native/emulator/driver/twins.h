// SPDX-License-Identifier: Apache-2.0
// Which host library executes an image. images.txt lies beside libcuda.so.1 and was written by the
// build that made the twins; its lines are "fingerprint architecture prefix".
#pragma once

#include "abi/twin_abi.h"
#include "driver/image.h"
#include "driver/result.h"

namespace emu {

// A missing list is empty: only kernels cannot be loaded then.
Result load_image_list();

// The twin of an image, opened on first use. Its architecture is the one the image was compiled
// for, whatever newer device runs it.
Result find_twin(const Image& image, bool checked, const EmuTwin** twin);

}  // namespace emu
