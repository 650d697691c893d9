// SPDX-License-Identifier: Apache-2.0
#include "driver/graph.h"

#include "driver/capture.h"
#include "driver/executor.h"
#include "driver/streams.h"

namespace emu {

namespace {

// A node continues the chain of the one node it follows, if nobody continued that chain before.
void find_chains(ExecutableGraph& graph) {
  std::vector<bool> continued(graph.nodes.size(), false);
  for (const GraphNode& node : graph.nodes) {
    bool follows_one = node.after.size() == 1;
    size_t before = follows_one ? static_cast<size_t>(node.after[0]) : 0;
    if (follows_one && !continued[before]) {
      continued[before] = true;
      graph.chain_of.push_back(graph.chain_of[before]);
    } else {
      graph.chain_of.push_back(graph.chains++);
    }
  }
}

// Each chain becomes a stream of its own for this launch; edges between chains become waits.
void launch_chains(ExecutableGraph& graph, const std::shared_ptr<Stream>& stream,
                   const Marker& start) {
  std::vector<std::shared_ptr<Stream>> chains;
  for (int i = 0; i < graph.chains; i++) {
    chains.push_back(std::make_shared<Stream>());
    chains.back()->context = graph.context;
    chains.back()->blocking = false;
  }
  std::vector<Marker> markers;
  for (size_t i = 0; i < graph.nodes.size(); i++) {
    const auto& chain = chains[static_cast<size_t>(graph.chain_of[i])];
    std::vector<Marker> after;
    for (int before : graph.nodes[i].after) after.push_back(markers[static_cast<size_t>(before)]);
    if (after.empty()) after.push_back(start);
    append(chain, graph.nodes[i].work, std::move(after));
    markers.push_back({chain, chain->enqueued});
  }
  // The newest chain is asked for first: an order that a missing edge does not survive.
  std::vector<Marker> ends;
  for (int leaf : leaves(graph.nodes)) {
    ends.insert(ends.begin(), markers[static_cast<size_t>(leaf)]);
  }
  append(stream, nullptr, std::move(ends));
}

void launch(ExecutableGraph& graph, const std::shared_ptr<Stream>& stream) {
  append(stream, nullptr, {graph.last_launch});
  Marker start{stream, stream->enqueued};
  if (graph.chains == 1) {
    for (const GraphNode& node : graph.nodes) append(stream, node.work);
  } else {
    launch_chains(graph, stream, start);
  }
  graph.last_launch = {stream, stream->enqueued};
}

}  // namespace

std::vector<int> leaves(const std::vector<GraphNode>& nodes) {
  std::vector<bool> followed(nodes.size(), false);
  for (const GraphNode& node : nodes) {
    for (int before : node.after) followed[static_cast<size_t>(before)] = true;
  }
  std::vector<int> result;
  for (size_t i = 0; i < nodes.size(); i++) {
    if (!followed[i]) result.push_back(static_cast<int>(i));
  }
  return result;
}

EMU_API cuGraphCreate(CUgraph* out, unsigned flags) {
  return api_in_context("cuGraphCreate", [&](Call& call) {
    if (flags != 0) return call.fail(CUDA_ERROR_INVALID_VALUE, "flags must be 0");
    auto graph = std::make_shared<Graph>();
    graph->context = &call.context();
    graph->number = ++driver().last_number;
    *out = driver().graphs.add(graph);
    return CUDA_SUCCESS;
  });
}

EMU_API cuGraphInstantiateWithFlags(CUgraphExec* out, CUgraph handle, unsigned long long) {
  return api_in_context("cuGraphInstantiateWithFlags", [&](Call& call) {
    auto graph = driver().graphs.find(handle);
    if (graph == nullptr) return call.fail(CUDA_ERROR_INVALID_HANDLE, "no such graph");
    auto executable = std::make_shared<ExecutableGraph>();
    executable->number = ++driver().last_number;
    executable->context = graph->context;
    executable->nodes = graph->nodes;
    find_chains(*executable);
    call.note("nodes", graph->nodes.size());
    call.note("chains", static_cast<uint64_t>(executable->chains));
    *out = driver().executable_graphs.add(executable);
    return CUDA_SUCCESS;
  });
}

EMU_API cuGraphLaunch(CUgraphExec handle, CUstream stream_handle) {
  return api_in_context("cuGraphLaunch", [&](Call& call) {
    StreamChoice choice(call, stream_handle);
    if (choice.code != CUDA_SUCCESS) return choice.code;
    auto graph = driver().executable_graphs.find(handle);
    if (graph == nullptr) return call.fail(CUDA_ERROR_INVALID_HANDLE, "no such executable graph");
    if (graph->context != &call.context()) {
      return call.fail(CUDA_ERROR_INVALID_HANDLE,
                       "graph of context " + std::to_string(graph->context->number) +
                           ", current is context " + std::to_string(call.context().number));
    }
    call.note("graph", graph->number);
    if (choice.stream->capture != nullptr) return capture_graph(call, *choice.stream, graph->nodes);
    if (CUresult code = forbid_null_stream_in_capture(call, *choice.stream)) return code;
    driver().counters.graph_launches++;
    launch(*graph, choice.stream);
    return CUDA_SUCCESS;
  });
}

EMU_API cuGraphUpload(CUgraphExec handle, CUstream stream_handle) {
  return api_in_context("cuGraphUpload", [&](Call& call) {
    StreamChoice choice(call, stream_handle);
    if (choice.code != CUDA_SUCCESS) return choice.code;
    bool known = driver().executable_graphs.find(handle) != nullptr;
    return known ? CUDA_SUCCESS : call.fail(CUDA_ERROR_INVALID_HANDLE, "no such executable graph");
  });
}

EMU_API cuGraphDestroy(CUgraph handle) {
  return api("cuGraphDestroy", [&](Call& call) {
    bool known = driver().graphs.take(handle) != nullptr;
    return known ? CUDA_SUCCESS : call.fail(CUDA_ERROR_INVALID_HANDLE, "no such graph");
  });
}

EMU_API cuGraphExecDestroy(CUgraphExec handle) {
  return api("cuGraphExecDestroy", [&](Call& call) {
    bool known = driver().executable_graphs.take(handle) != nullptr;
    return known ? CUDA_SUCCESS : call.fail(CUDA_ERROR_INVALID_HANDLE, "no such executable graph");
  });
}

}  // namespace emu
