// SPDX-License-Identifier: Apache-2.0

// Missing barrier between the writes and the reads of other threads.
extern "C" __global__ void __launch_bounds__(64) race_read(float* a) {
  __shared__ float s[64];
  s[threadIdx.x] = a[threadIdx.x];
  a[threadIdx.x] = s[63 - threadIdx.x];
}

// Missing barrier between reads and the next write.
extern "C" __global__ void __launch_bounds__(64) race_write(float* a) {
  __shared__ float s[64];
  s[threadIdx.x] = a[threadIdx.x];
  __syncthreads();
  float v = s[63 - threadIdx.x];
  s[threadIdx.x] = v;
  __syncthreads();
  a[threadIdx.x] = s[threadIdx.x];
}

// Lanes of one warp, which do not run in lockstep.
extern "C" __global__ void __launch_bounds__(32) race_in_warp(float* a) {
  __shared__ float s[32];
  s[threadIdx.x] = a[threadIdx.x];
  a[threadIdx.x] = s[31 - threadIdx.x];
}

// The same with the synchronisation that makes it right.
extern "C" __global__ void __launch_bounds__(32) warp_exchange(float* a) {
  __shared__ float s[32];
  s[threadIdx.x] = a[threadIdx.x];
  __syncwarp();
  float v = s[31 - threadIdx.x];
  __syncwarp();
  s[threadIdx.x] = v;
  __syncwarp();
  a[threadIdx.x] = s[threadIdx.x];
}

// All warps read one value, then one thread writes it: a race with readers of several warps.
extern "C" __global__ void __launch_bounds__(64) race_broadcast(float* a) {
  __shared__ float s;
  if (threadIdx.x == 0) s = a[0];
  __syncthreads();
  a[threadIdx.x] = s;
  if (threadIdx.x == 0) s = 2.0f;
}

// A plain read of what others add to atomically.
extern "C" __global__ void __launch_bounds__(64) race_atomic(int* a) {
  __shared__ int s;
  if (threadIdx.x == 0) s = 0;
  __syncthreads();
  atomicAdd(&s, 1);
  a[threadIdx.x] = s;
}

// Writes `past` floats behind the dynamic shared memory.
extern "C" __global__ void dynamic_overrun(float* a, int past) {
  DYN_SMEM(float, s);
  s[threadIdx.x + past] = 1.0f;
  __syncthreads();
  a[threadIdx.x] = s[threadIdx.x];
}

// Shared memory is garbage until written.
extern "C" __global__ void __launch_bounds__(32) unwritten_shared(float* a) {
  __shared__ float s[32];
  if (threadIdx.x == 99) s[0] = 0.0f;
  __syncthreads();
  a[threadIdx.x] = s[threadIdx.x];
}
