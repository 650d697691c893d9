// SPDX-License-Identifier: Apache-2.0
// Order of work: lazy execution, events, the null stream, host functions, threads of the host.
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "harness.h"

namespace {

// Two streams, a producer and a consumer; q = p + p, r = q + q.
struct Pair {
  explicit Pair(Gpu& g) : gpu(g) {
    OK(cuStreamCreate(&other, CU_STREAM_NON_BLOCKING));
    p = gpu.floats(std::vector<float>(32, 1.0f));
    q = gpu.bytes(128);
    r = gpu.bytes(128);
    OK(cuMemHostAlloc(reinterpret_cast<void**>(&pinned), 128, 0));
    pinned[7] = -1.0f;
  }
  void produce() { OK(gpu.launch("vector_add", 1, 32, p, p, q, 32)); }
  void consume() {
    int n = 32;
    void* params[] = {&q, &q, &r, &n};
    OK(cuLaunchKernel(gpu.function("vector_add"), 1, 1, 1, 32, 1, 1, 0, other, params, nullptr));
    OK(cuMemcpyDtoHAsync(pinned, r, 128, other));
  }
  Gpu& gpu;
  CUstream other = nullptr;
  CUdeviceptr p, q, r;
  float* pinned = nullptr;
};

struct Gate {
  std::mutex mutex;
  std::condition_variable opened;
  bool open = false;

  void wait() {
    std::unique_lock<std::mutex> lock(mutex);
    opened.wait(lock, [this] { return open; });
  }
  void release() {
    std::lock_guard<std::mutex> lock(mutex);
    open = true;
    opened.notify_all();
  }
  static void CUDA_CB wait_at(void* gate) { static_cast<Gate*>(gate)->wait(); }
};

void CUDA_CB count_up(void* counter) { ++*static_cast<std::atomic<int>*>(counter); }

}  // namespace

TEST(nothing_happens_before_somebody_waits) {
  Gpu gpu(kAmpere);
  Pair pair(gpu);
  pair.produce();
  CUevent event;
  OK(cuEventCreate(&event, 0));
  OK(cuEventRecord(event, gpu.stream));
  OK(cuStreamWaitEvent(pair.other, event, 0));
  pair.consume();
  EXPECT_EQ(-1.0f, pair.pinned[7]);
  OK(cuStreamSynchronize(pair.other));
  EXPECT_EQ(4.0f, pair.pinned[7]);
}

TEST(missing_event_wait_shows_as_nan) {
  Gpu gpu(kAmpere);
  Pair pair(gpu);
  pair.produce();
  pair.consume();
  OK(cuStreamSynchronize(pair.other));
  EXPECT(std::isnan(pair.pinned[7]));
}

TEST(whole_context_runs_the_newest_stream_first) {
  Gpu gpu(kAmpere);
  Pair pair(gpu);
  pair.produce();
  pair.consume();
  OK(cuCtxSynchronize());
  EXPECT(std::isnan(pair.pinned[7]));
}

TEST(eager_mode_runs_at_once) {
  Gpu gpu(kAmpere);
  Pair pair(gpu);
  control("async=eager");
  pair.produce();
  OK(cuStreamSynchronize(gpu.stream));
  pair.consume();
  while (cuStreamQuery(pair.other) == CUDA_ERROR_NOT_READY) std::this_thread::yield();
  EXPECT_EQ(4.0f, pair.pinned[7]);
  control("async=lazy");
}

TEST(polling_gets_there) {
  Gpu gpu(kAmpere);
  Pair pair(gpu);
  pair.produce();
  CUevent event;
  OK(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING));
  OK(cuEventQuery(event));  // never recorded: complete
  OK(cuEventRecord(event, gpu.stream));
  EXPECT_EQ(CUDA_ERROR_NOT_READY, cuEventQuery(event));
  while (cuEventQuery(event) == CUDA_ERROR_NOT_READY) std::this_thread::yield();
  OK(cuStreamQuery(gpu.stream));
  EXPECT_EQ(2.0f, gpu.read_floats(pair.q, 1)[0]);
}

TEST(events_measure_time) {
  Gpu gpu(kAmpere);
  CUevent start, end;
  OK(cuEventCreate(&start, 0));
  OK(cuEventCreate(&end, 0));
  OK(cuEventRecord(start, gpu.stream));
  OK(cuEventRecord(end, gpu.stream));
  float milliseconds = -1.0f;
  EXPECT_EQ(CUDA_ERROR_NOT_READY, cuEventElapsedTime(&milliseconds, start, end));
  OK(cuEventSynchronize(end));
  OK(cuEventElapsedTime(&milliseconds, start, end));
  EXPECT(milliseconds >= 0.0f);
  OK(cuEventDestroy(start));
  EXPECT_ERROR(CUDA_ERROR_INVALID_HANDLE, "no such event", cuEventRecord(start, gpu.stream));
}

TEST(event_of_another_device_is_waited_for) {
  Gpu other(kHopper);
  Pair there(other);
  there.produce();
  CUevent event;
  OK(cuEventCreate(&event, 0));
  OK(cuEventRecord(event, other.stream));
  Gpu gpu(kAmpere);
  CUdeviceptr copy = gpu.bytes(128);
  OK(cuStreamWaitEvent(gpu.stream, event, 0));
  OK(cuMemcpyPeerAsync(copy, gpu.context, there.q, other.context, 128, gpu.stream));
  OK(cuStreamSynchronize(gpu.stream));
  EXPECT_EQ(2.0f, gpu.read_floats(copy, 1)[0]);
}

TEST(null_stream_orders_with_blocking_streams_only) {
  Gpu gpu(kAmpere);
  CUstream blocking;
  OK(cuStreamCreate(&blocking, CU_STREAM_DEFAULT));
  CUdeviceptr a = gpu.ints({0}), b = gpu.ints({0});
  OK(cuMemsetD32Async(a, 1, 1, blocking));
  OK(cuMemsetD32Async(b, 1, 1, gpu.stream));
  EXPECT_EQ(1, gpu.read_ints(a, 1)[0]);
  EXPECT_EQ(0, gpu.read_ints(b, 1)[0]);
}

TEST(host_function_may_wait_for_another_thread_that_uses_the_device) {
  Gpu gpu(kAmpere);
  Pair pair(gpu);
  Gate gate;
  OK(cuLaunchHostFunc(pair.other, Gate::wait_at, &gate));
  std::thread([&] {
    gpu.use();
    pair.produce();
    OK(cuStreamSynchronize(gpu.stream));
    CUdeviceptr more;
    OK(cuMemAllocAsync(&more, 64, gpu.stream));
    gate.release();
  }).detach();
  OK(cuStreamSynchronize(pair.other));
  EXPECT_EQ(2.0f, gpu.read_floats(pair.q, 1)[0]);
}

TEST(host_functions_run_in_order) {
  Gpu gpu(kAmpere);
  std::atomic<int> count{0};
  for (int i = 0; i < 10; i++) OK(cuLaunchHostFunc(gpu.stream, count_up, &count));
  EXPECT_EQ(0, count.load());
  OK(cuStreamSynchronize(gpu.stream));
  EXPECT_EQ(10, count.load());
}

TEST(devices_do_not_wait_for_one_another) {
  Gpu busy(kAmpere);
  Gate gate;
  OK(cuLaunchHostFunc(busy.stream, Gate::wait_at, &gate));
  EXPECT_EQ(CUDA_ERROR_NOT_READY, cuStreamQuery(busy.stream));
  Gpu gpu(kAmpereTwin);
  CUdeviceptr a = gpu.bytes(128);
  OK(gpu.run("vector_add", 1, 32, a, a, a, 32));
  gate.release();
  busy.use();
  OK(cuStreamSynchronize(busy.stream));
}

TEST(many_host_threads_on_two_devices) {
  Gpu first(kAmpere);
  Gpu second(kAmpereTwin);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int k = 0; k < 6; k++) {
    threads.emplace_back([&, k] {
      Gpu& gpu = k % 2 == 0 ? first : second;
      gpu.use();
      CUstream stream;
      OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
      for (int round = 0; round < 40; round++) {
        constexpr int kCount = 300;
        CUdeviceptr a, b;
        float* host;
        OK(cuMemAlloc(&a, kCount * 4));
        OK(cuMemAlloc(&b, kCount * 4));
        OK(cuMemHostAlloc(reinterpret_cast<void**>(&host), kCount * 4, 0));
        for (int i = 0; i < kCount; i++) host[i] = static_cast<float>(i + k);
        OK(cuMemcpyHtoDAsync(a, host, kCount * 4, stream));
        int n = kCount;
        void* params[] = {&a, &a, &b, &n};
        OK(cuLaunchKernel(gpu.function("vector_add"), 3, 1, 1, 128, 1, 1, 0, stream, params,
                          nullptr));
        OK(cuMemcpyDtoHAsync(host, b, kCount * 4, stream));
        OK(cuStreamSynchronize(stream));
        for (int i = 0; i < kCount; i++) wrong += host[i] != 2.0f * static_cast<float>(i + k);
        OK(cuMemFree(a));
        OK(cuMemFree(b));
        OK(cuMemFreeHost(host));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(0, wrong.load());
  OK(cuCtxSetCurrent(nullptr));
}

TEST(destroyed_stream_finishes_its_work_and_is_gone) {
  Gpu gpu(kAmpere);
  Pair pair(gpu);
  pair.produce();
  OK(cuStreamSynchronize(gpu.stream));
  pair.consume();
  OK(cuStreamDestroy(pair.other));
  EXPECT_EQ(4.0f, pair.pinned[7]);
  EXPECT_ERROR(CUDA_ERROR_INVALID_HANDLE, "no such stream", cuStreamSynchronize(pair.other));
}
