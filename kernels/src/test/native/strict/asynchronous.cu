// SPDX-License-Identifier: Apache-2.0

// Copies 128 floats through cp.async, properly.
extern "C" __global__ void __launch_bounds__(32) async_copy(const float* in, float* out) {
  __shared__ __align__(16) float s[128];
  copy_async_16(&s[threadIdx.x * 4], in + threadIdx.x * 4);
  copy_async_commit();
  copy_async_wait<0>();
  __syncthreads();
  for (int i = 0; i < 4; i++) out[threadIdx.x * 4 + i] = s[127 - (threadIdx.x * 4 + i)];
}

// Two groups, of which only the first was waited for: the second half is garbage.
extern "C" __global__ void __launch_bounds__(32) async_two_groups(const float* in, float* out) {
  __shared__ __align__(16) float s[256];
  copy_async_16(&s[threadIdx.x * 4], in + threadIdx.x * 4);
  copy_async_commit();
  copy_async_16(&s[128 + threadIdx.x * 4], in + 128 + threadIdx.x * 4);
  copy_async_commit();
  copy_async_wait<1>();
  __syncthreads();
  for (int i = 0; i < 4; i++) {
    out[threadIdx.x * 4 + i] = s[threadIdx.x * 4 + i];
    out[128 + threadIdx.x * 4 + i] = s[128 + threadIdx.x * 4 + i];
  }
}

// The wait is missing altogether.
extern "C" __global__ void __launch_bounds__(32) async_no_wait(const float* in, float* out) {
  __shared__ __align__(16) float s[128];
  copy_async_16(&s[threadIdx.x * 4], in + threadIdx.x * 4);
  copy_async_commit();
  __syncthreads();
  for (int i = 0; i < 4; i++) out[threadIdx.x * 4 + i] = s[threadIdx.x * 4 + i];
}

// One thread starts a copy that completes later; the others wait for its flag.
extern "C" __global__ void __launch_bounds__(64) flag_copy(const int* in, int* out) {
  __shared__ int value;
  __shared__ int flag;
  if (threadIdx.x == 0) flag = 0;
  __syncthreads();
  if (threadIdx.x == 0) deferred_copy(&value, in, &flag);
  wait_for_flag(&flag);
  out[threadIdx.x] = value;
}

// The block ends while the copy is in flight.
extern "C" __global__ void __launch_bounds__(32) forgotten_copy(const int* in, int* out) {
  __shared__ int value;
  __shared__ int flag;
  if (threadIdx.x == 0) deferred_copy(&value, in, &flag);
  out[threadIdx.x] = threadIdx.x;
}

// All 128 threads of a warpgroup meet, and then see what the others wrote before.
extern "C" __global__ void __launch_bounds__(128) group_exchange(float* a) {
  a[threadIdx.x] = threadIdx.x + 1.0f;
  group_meet();
  float v = a[127 - threadIdx.x];
  group_meet();
  a[threadIdx.x] = v;
}
