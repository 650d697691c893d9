// SPDX-License-Identifier: Apache-2.0
// Planted failures: "cuMemAlloc@3=2,run:rms_norm@1=700,cuStreamSynchronize@2=delay500,run@4=hang".
#pragma once

#include <string>
#include <vector>

namespace emu {

struct FaultAction {
  int code = 0;  // 0: no failure
  int delay_ms = 0;
  bool hang = false;  // until the control word "resume"

  bool none() const { return code == 0 && delay_ms == 0 && !hang; }
};

class Faults {
 public:
  // Replaces all rules; empty text removes them. On a mistake nothing changes, and *error says why.
  bool set(const std::string& text, std::string* error);

  // `event` is an API function without its version suffix, or "run"; `detail` is a kernel name or
  // "devN". Counts the occurrence for every rule that matches.
  FaultAction on(const std::string& event, const std::string& detail);
  bool empty() const { return rules_.empty(); }

 private:
  struct Rule {
    std::string event, detail;  // empty detail: any
    long nth = 0;
    bool from_then_on = false;
    FaultAction action;
    long seen = 0;
  };
  static bool parse(const std::string& text, Rule& rule);

  std::vector<Rule> rules_;
};

}  // namespace emu
