// SPDX-License-Identifier: Apache-2.0

// Half of the lanes that the mask names never come.
extern "C" __global__ void __launch_bounds__(32) absent_lanes(float* a) {
  if (threadIdx.x < 16) a[threadIdx.x] = __shfl_xor_sync(0xffffffffu, a[threadIdx.x], 1);
}

// Lanes meet with different masks.
extern "C" __global__ void __launch_bounds__(32) mixed_masks(float* a) {
  unsigned mask = (threadIdx.x & 16) != 0 ? 0xffffffffu : 0x0000ffffu;
  a[threadIdx.x] = __shfl_xor_sync(mask, a[threadIdx.x], 1);
}

// The caller is not in its own mask.
extern "C" __global__ void __launch_bounds__(32) foreign_mask(float* a) {
  unsigned mask = threadIdx.x < 16 ? 0xffff0000u : 0x0000ffffu;
  a[threadIdx.x] = __shfl_sync(mask, a[threadIdx.x], 0);
}

// Reads a lane outside the mask.
extern "C" __global__ void __launch_bounds__(32) foreign_lane(float* a) {
  if (threadIdx.x < 16) a[threadIdx.x] = __shfl_sync(0x0000ffffu, a[threadIdx.x], 20);
}

// One warp waits at a barrier, the other in a shuffle that cannot complete.
extern "C" __global__ void __launch_bounds__(64) barrier_against_shuffle(float* a) {
  if (threadIdx.x < 32) {
    __syncthreads();
  } else if (threadIdx.x < 48) {
    a[threadIdx.x] = __shfl_xor_sync(0xffffffffu, a[threadIdx.x], 1);
  } else {
    __syncthreads();
  }
}

// A flag that nobody raises.
extern "C" __global__ void __launch_bounds__(32) lost_flag(int* a) {
  __shared__ int flag;
  if (threadIdx.x == 0) flag = 0;
  __syncthreads();
  wait_for_flag(&flag);
  a[threadIdx.x] = flag;
}

// A warpgroup operation of a block that has no full warpgroup.
extern "C" __global__ void partial_group(int* a) {
  group_meet();
  a[threadIdx.x] = 1;
}
