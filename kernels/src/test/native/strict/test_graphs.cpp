// SPDX-License-Identifier: Apache-2.0
// Stream capture and graphs.
#include <cmath>
#include <thread>

#include "harness.h"

namespace {

// to = 2 * from
void doubled(Gpu& gpu, CUdeviceptr from, CUdeviceptr to, CUstream stream) {
  int n = 32;
  void* params[] = {&from, &from, &to, &n};
  OK(cuLaunchKernel(gpu.function("vector_add"), 1, 1, 1, 32, 1, 1, 0, stream, params, nullptr));
}

struct Buffers {
  explicit Buffers(Gpu& gpu) {
    a = gpu.floats(std::vector<float>(32, 1.0f));
    b = gpu.bytes(128);
    c = gpu.bytes(128);
    d = gpu.bytes(128);
    OK(cuStreamCreate(&side, CU_STREAM_NON_BLOCKING));
    OK(cuEventCreate(&fork, CU_EVENT_DISABLE_TIMING));
    OK(cuEventCreate(&join, CU_EVENT_DISABLE_TIMING));
  }
  CUdeviceptr a, b, c, d;
  CUstream side = nullptr;
  CUevent fork = nullptr, join = nullptr;
};

CUgraphExec instantiate(CUgraph graph) {
  CUgraphExec executable = nullptr;
  OK(cuGraphInstantiate(&executable, graph, 0));
  OK(cuGraphDestroy(graph));
  return executable;
}

}  // namespace

TEST(captured_work_runs_at_launch_only) {
  Gpu gpu(kAmpere);
  Buffers buffers(gpu);
  CUgraph graph;
  OK(cuStreamBeginCapture(gpu.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
  doubled(gpu, buffers.a, buffers.b, gpu.stream);
  doubled(gpu, buffers.b, buffers.a, gpu.stream);
  OK(cuStreamEndCapture(gpu.stream, &graph));
  OK(cuStreamSynchronize(gpu.stream));
  EXPECT_EQ(1.0f, gpu.read_floats(buffers.a, 1)[0]);
  CUgraphExec executable = instantiate(graph);
  for (int i = 0; i < 3; i++) OK(cuGraphLaunch(executable, gpu.stream));
  EXPECT_EQ(1.0f, gpu.read_floats(buffers.a, 1)[0]);
  OK(cuStreamSynchronize(gpu.stream));
  EXPECT_EQ(64.0f, gpu.read_floats(buffers.a, 1)[0]);
  OK(cuGraphExecDestroy(executable));
  EXPECT_EQ(CUDA_ERROR_INVALID_HANDLE, cuGraphLaunch(executable, gpu.stream));
}

TEST(fork_and_join_become_edges) {
  Gpu gpu(kAmpere);
  Buffers x(gpu);
  CUgraph graph;
  OK(cuStreamBeginCapture(gpu.stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
  doubled(gpu, x.a, x.b, gpu.stream);  // b = 2
  OK(cuEventRecord(x.fork, gpu.stream));
  OK(cuStreamWaitEvent(x.side, x.fork, 0));
  doubled(gpu, x.b, x.c, x.side);  // c = 4
  OK(cuEventRecord(x.join, x.side));
  doubled(gpu, x.b, x.d, gpu.stream);  // d = 4, beside c
  OK(cuStreamWaitEvent(gpu.stream, x.join, 0));
  doubled(gpu, x.c, x.a, gpu.stream);  // a = 8, after both
  OK(cuStreamEndCapture(gpu.stream, &graph));
  CUgraphExec executable = instantiate(graph);
  for (int i = 0; i < 2; i++) OK(cuGraphLaunch(executable, gpu.stream));
  OK(cuStreamSynchronize(gpu.stream));
  EXPECT_EQ(64.0f, gpu.read_floats(x.a, 1)[0]);
  EXPECT_EQ(32.0f, gpu.read_floats(x.d, 1)[0]);
}

TEST(missing_join_edge_inside_a_graph_shows) {
  Gpu gpu(kAmpere);
  Buffers x(gpu);
  CUgraph graph;
  OK(cuStreamBeginCapture(gpu.stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
  OK(cuEventRecord(x.fork, gpu.stream));
  OK(cuStreamWaitEvent(x.side, x.fork, 0));
  doubled(gpu, x.a, x.b, gpu.stream);
  doubled(gpu, x.b, x.c, x.side);  // should have waited for the line above
  OK(cuEventRecord(x.join, x.side));
  OK(cuStreamWaitEvent(gpu.stream, x.join, 0));
  OK(cuStreamEndCapture(gpu.stream, &graph));
  OK(cuGraphLaunch(instantiate(graph), gpu.stream));
  OK(cuStreamSynchronize(gpu.stream));
  EXPECT(std::isnan(gpu.read_floats(x.c, 1)[0]));
}

TEST(unjoined_stream_is_refused) {
  Gpu gpu(kAmpere);
  Buffers x(gpu);
  CUgraph graph;
  OK(cuStreamBeginCapture(gpu.stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
  doubled(gpu, x.a, x.b, gpu.stream);
  OK(cuEventRecord(x.fork, gpu.stream));
  OK(cuStreamWaitEvent(x.side, x.fork, 0));
  doubled(gpu, x.b, x.c, x.side);
  EXPECT_ERROR(CUDA_ERROR_STREAM_CAPTURE_UNJOINED, "not joined",
               cuStreamEndCapture(gpu.stream, &graph));
  CUstreamCaptureStatus status;
  OK(cuStreamIsCapturing(x.side, &status));
  EXPECT_EQ(CU_STREAM_CAPTURE_STATUS_NONE, status);
}

TEST(forbidden_calls_break_a_capture) {
  Gpu gpu(kAmpere);
  Buffers x(gpu);
  CUgraph graph;
  CUdeviceptr more;
  CUstreamCaptureStatus status;
  auto broken_by = [&](CUresult want, auto call) {
    OK(cuStreamBeginCapture(gpu.stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    EXPECT_EQ(want, call());
    OK(cuStreamIsCapturing(gpu.stream, &status));
    EXPECT_EQ(CU_STREAM_CAPTURE_STATUS_INVALIDATED, status);
    EXPECT_EQ(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, cuStreamEndCapture(gpu.stream, &graph));
    EXPECT(graph == nullptr);
  };
  OK(cuEventRecord(x.join, gpu.stream));
  broken_by(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, [&] { return cuMemAlloc(&more, 16); });
  broken_by(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, [&] { return cuStreamSynchronize(gpu.stream); });
  broken_by(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, [&] { return cuStreamQuery(gpu.stream); });
  broken_by(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, [&] { return cuCtxSynchronize(); });
  broken_by(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, [&] { return cuMemsetD8(x.a, 0, 4); });
  broken_by(CUDA_ERROR_STREAM_CAPTURE_ISOLATION,
            [&] { return cuStreamWaitEvent(gpu.stream, x.join, 0); });
  broken_by(CUDA_ERROR_CAPTURED_EVENT, [&] {
    OK(cuEventRecord(x.fork, gpu.stream));
    return cuEventQuery(x.fork);
  });
  OK(cuStreamBeginCapture(gpu.stream, CU_STREAM_CAPTURE_MODE_RELAXED));
  OK(cuMemAlloc(&more, 16));
  OK(cuStreamEndCapture(gpu.stream, &graph));
}

TEST(null_stream_during_capture_of_a_blocking_stream) {
  Gpu gpu(kAmpere);
  Buffers x(gpu);
  CUstream blocking;
  CUgraph graph;
  OK(cuStreamCreate(&blocking, CU_STREAM_DEFAULT));
  OK(cuStreamBeginCapture(blocking, CU_STREAM_CAPTURE_MODE_RELAXED));
  EXPECT_ERROR(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, "null stream",
               cuMemsetD8Async(x.a, 0, 4, nullptr));
  EXPECT_EQ(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, cuStreamEndCapture(blocking, &graph));
  EXPECT_ERROR(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "null stream",
               cuStreamBeginCapture(nullptr, CU_STREAM_CAPTURE_MODE_GLOBAL));
}

TEST(capture_belongs_to_its_thread_and_stream) {
  Gpu gpu(kAmpere);
  Buffers x(gpu);
  CUgraph graph;
  OK(cuStreamBeginCapture(gpu.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
  EXPECT_EQ(CUDA_ERROR_ILLEGAL_STATE,
            cuStreamBeginCapture(gpu.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
  std::thread([&] {
    gpu.use();
    CUgraph stolen;
    CUdeviceptr more;
    EXPECT_EQ(CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD, cuStreamEndCapture(gpu.stream, &stolen));
    OK(cuMemAlloc(&more, 16));  // the capture is of the other thread only
  }).join();
  OK(cuStreamEndCapture(gpu.stream, &graph));
  EXPECT_EQ(CUDA_ERROR_ILLEGAL_STATE, cuStreamEndCapture(gpu.stream, &graph));

  OK(cuStreamBeginCapture(gpu.stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
  std::thread([&] {
    gpu.use();
    CUdeviceptr more;
    CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED;
    OK(cuThreadExchangeStreamCaptureMode(&mode));
    OK(cuMemAlloc(&more, 16));
    OK(cuThreadExchangeStreamCaptureMode(&mode));
    EXPECT_EQ(CU_STREAM_CAPTURE_MODE_RELAXED, mode);
    EXPECT_EQ(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, cuMemAlloc(&more, 16));
  }).join();
  EXPECT_EQ(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, cuStreamEndCapture(gpu.stream, &graph));
}

TEST(graph_is_launched_inside_a_capture) {
  Gpu gpu(kAmpere);
  Buffers x(gpu);
  CUgraph graph;
  OK(cuStreamBeginCapture(gpu.stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
  doubled(gpu, x.a, x.b, gpu.stream);
  OK(cuStreamEndCapture(gpu.stream, &graph));
  CUgraphExec inner = instantiate(graph);
  OK(cuStreamBeginCapture(gpu.stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
  OK(cuGraphLaunch(inner, gpu.stream));
  doubled(gpu, x.b, x.c, gpu.stream);
  OK(cuStreamEndCapture(gpu.stream, &graph));
  OK(cuGraphLaunch(instantiate(graph), gpu.stream));
  OK(cuStreamSynchronize(gpu.stream));
  EXPECT_EQ(4.0f, gpu.read_floats(x.c, 1)[0]);
}

TEST(graph_keeps_its_parameters_and_notices_freed_buffers) {
  Gpu gpu(kAmpere);
  Buffers x(gpu);
  CUgraph graph;
  OK(cuStreamBeginCapture(gpu.stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
  doubled(gpu, x.a, x.b, gpu.stream);
  OK(cuStreamEndCapture(gpu.stream, &graph));
  CUgraphExec executable = instantiate(graph);
  OK(cuMemFree(x.b));
  OK(cuGraphLaunch(executable, gpu.stream));
  EXPECT_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "was freed", cuStreamSynchronize(gpu.stream));
}
