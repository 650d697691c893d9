// SPDX-License-Identifier: Apache-2.0

// Writes n floats from offset on: the host chooses how far past the end that is.
extern "C" __global__ void write_at(float* a, int n, long long offset) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) a[i + offset] = 1.0f;
}

extern "C" __global__ void read_at(const float* a, float* out, long long offset) {
  out[threadIdx.x] = a[threadIdx.x + offset];
}

// The pointer is not a parameter but stands in memory.
extern "C" __global__ void write_through(float** pointer) { pointer[0][threadIdx.x] = 1.0f; }

extern "C" __global__ void misaligned_read(const char* a, float* out) {
  out[threadIdx.x] = *reinterpret_cast<const float*>(a + 1);
}

// Reads what nobody wrote.
extern "C" __global__ void copy_out(const float* in, float* out) {
  out[threadIdx.x] = in[threadIdx.x];
}

// Waits for another block, which never runs meanwhile.
extern "C" __global__ void spin(volatile int* flag) {
  while (*flag == 0) {
  }
}

extern "C" __global__ void trap() { __trap(); }

extern "C" __global__ void divide(int* out, int divisor) { out[0] = 7 / divisor; }

extern "C" __global__ void deep_recursion(int* out, int depth);
__device__ __noinline__ int descend(int depth) {
  volatile int local[256];
  local[depth & 255] = depth;
  return depth == 0 ? 0 : descend(depth - 1) + local[depth & 255];
}
extern "C" __global__ void deep_recursion(int* out, int depth) { out[0] = descend(depth); }
