// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>

#include "driver/objects.h"

namespace emu {

// Top of the calling thread's context stack, or null. It may be dead.
Context* current_context();

// The living context of a handle, or null.
Context* find_context(CUcontext handle);

// Ends a context: runs what is queued, frees what was leaked, invalidates its handles.
void destroy_context(Context& context, std::unique_lock<std::mutex>& lock);

}  // namespace emu
