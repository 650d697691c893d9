// SPDX-License-Identifier: Apache-2.0

// a[i] of 64 rows of 16 bytes through dynamic shared memory, stored and copied asynchronously. Each
// thread touches its own row until the barrier, whatever static shared memory of an odd size does
// to the addresses behind it. (g++ puts the first such variable last: this kernel stays the first.)
extern "C" __global__ void __launch_bounds__(64) neighbours(float4* a) {
  __shared__ unsigned char odd[3];
  DYN_SMEM(float4, rows);
  if (threadIdx.x == 0) odd[0] = odd[1] = odd[2] = 1;
  rows[threadIdx.x] = a[threadIdx.x];
  copy_async_16(&rows[64 + threadIdx.x], a + threadIdx.x);
  copy_async_commit();
  copy_async_wait<0>();
  __syncthreads();
  const float4 stored = rows[63 - threadIdx.x];
  const float4 copied = rows[64 + (threadIdx.x ^ 1)];
  a[threadIdx.x] = {stored.x, stored.w, copied.x, copied.w * odd[threadIdx.x % 3]};
}

// c[n] = a[n] + b[n]
extern "C" __global__ void vector_add(const float* a, const float* b, float* c, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) c[i] = a[i] + b[i];
}

// The architecture that the code was compiled for.
extern "C" __global__ void compiled_for(int* out) { *out = KARCH; }

// Parameters of every size and alignment: out[8] f32 = the values given.
extern "C" __global__ void all_parameters(float* out, char c, short s, int i, long long l, float f,
                                          double d, float4 v) {
  out[0] = c;
  out[1] = s;
  out[2] = i;
  out[3] = (float)l;
  out[4] = f;
  out[5] = (float)d;
  out[6] = v.x + v.y;
  out[7] = v.z + v.w;
}

// out[blocks] = sum of in[blocks][blockDim.x]; any block size up to 1024.
extern "C" __global__ void __launch_bounds__(1024) block_sums(const float* in, float* out) {
  __shared__ float partial[32];
  int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, warps = (blockDim.x + 31) >> 5;
  float v = in[(long long)blockIdx.x * blockDim.x + threadIdx.x];
  for (int offset = 16; offset > 0; offset >>= 1) v += __shfl_xor_sync(0xffffffffu, v, offset);
  if (lane == 0) partial[warp] = v;
  __syncthreads();
  if (warp != 0) return;
  v = lane < warps ? partial[lane] : 0.0f;
  for (int offset = 16; offset > 0; offset >>= 1) v += __shfl_xor_sync(0xffffffffu, v, offset);
  if (lane == 0) out[blockIdx.x] = v;
}

// bins[256] += histogram of in[n], through shared atomics.
extern "C" __global__ void histogram(const unsigned char* in, int n, unsigned* bins) {
  __shared__ unsigned local[256];
  for (int i = threadIdx.x; i < 256; i += blockDim.x) local[i] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) {
    atomicAdd(&local[in[i]], 1u);
  }
  __syncthreads();
  for (int i = threadIdx.x; i < 256; i += blockDim.x) atomicAdd(&bins[i], local[i]);
}

// Reverses blockDim.x floats of each block through dynamic shared memory.
extern "C" __global__ void reverse_blocks(const float* in, float* out) {
  DYN_SMEM(float, buffer);
  long long base = (long long)blockIdx.x * blockDim.x;
  buffer[threadIdx.x] = in[base + threadIdx.x];
  __syncthreads();
  out[base + threadIdx.x] = buffer[blockDim.x - 1 - threadIdx.x];
}

// votes[5]: ballot of odd lanes, any, all, lanes equal to lane 3's value mod 4, sum of the lanes.
extern "C" __global__ void __launch_bounds__(32) votes(unsigned* out) {
  unsigned lane = threadIdx.x;
  unsigned odd = __ballot_sync(0xffffffffu, lane & 1);
  int any = __any_sync(0xffffffffu, lane == 7);
  int all = __all_sync(0xffffffffu, lane < 31);
  unsigned same = __match_any_sync(0xffffffffu, lane & 3);
  int sum = lane;
  for (int delta = 16; delta > 0; delta >>= 1) sum += __shfl_down_sync(0xffffffffu, sum, delta);
  unsigned third = __shfl_sync(0xffffffffu, same, 3);
  if (lane != 0) return;
  out[0] = odd;
  out[1] = any;
  out[2] = all;
  out[3] = third;
  out[4] = sum;
}

// out[2] = number of even threads, whether any thread is above 40; the last block done counts blocks.
extern "C" __global__ void barriers(int* out, int* counter) {
  int even = __syncthreads_count((threadIdx.x & 1) == 0);
  int above = __syncthreads_or(threadIdx.x > 40);
  int all = __syncthreads_and(threadIdx.x < 64);
  if (threadIdx.x != 0) return;
  __threadfence();
  if (atomicAdd(counter, 1) == (int)gridDim.x - 1) {
    out[0] = even;
    out[1] = above;
    out[2] = all;
    out[3] = *counter;
  }
}

// out = f(a, b, c) with one rounding, and a * b + c with two.
extern "C" __global__ void fused(float* out, float a, float b, float c) {
  out[0] = __fmaf_rn(a, b, c);
  out[1] = __fadd_rn(__fmul_rn(a, b), c);
  out[2] = a * b + c;
}
