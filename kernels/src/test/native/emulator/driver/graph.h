// SPDX-License-Identifier: Apache-2.0
// Graphs of work. Nodes stand in capture order, which is a valid order of execution; execution uses
// any other order that the edges allow.
#pragma once

#include <memory>
#include <vector>

#include "driver/objects.h"

namespace emu {

struct GraphNode {
  std::shared_ptr<const Work> work;
  std::vector<int> after;  // indices of earlier nodes
};

struct Graph {
  uint64_t number = 0;
  Context* context = nullptr;
  std::vector<GraphNode> nodes;
};

struct ExecutableGraph {
  uint64_t number = 0;
  Context* context = nullptr;
  std::vector<GraphNode> nodes;
  std::vector<int> chain_of;  // nodes of one chain run one after the other
  int chains = 0;
  Marker last_launch;  // launches of the same executable graph do not overlap
};

// Nodes that no other node follows.
std::vector<int> leaves(const std::vector<GraphNode>& nodes);

}  // namespace emu
