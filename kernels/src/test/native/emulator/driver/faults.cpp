// SPDX-License-Identifier: Apache-2.0
#include "driver/faults.h"

#include "driver/text.h"

namespace emu {

bool Faults::parse(const std::string& text, Rule& rule) {
  size_t at = text.find('@');
  size_t equals = text.find('=', at == std::string::npos ? 0 : at);
  if (at == std::string::npos || equals == std::string::npos) return false;
  std::string event = text.substr(0, at);
  size_t colon = event.find(':');
  rule.event = event.substr(0, colon);
  if (colon != std::string::npos) rule.detail = event.substr(colon + 1);

  std::string when = text.substr(at + 1, equals - at - 1);
  if (!when.empty() && when.back() == '+') {
    rule.from_then_on = true;
    when.pop_back();
  }
  auto nth = parse_number(when);
  if (!nth || *nth < 1) return false;
  rule.nth = *nth;

  std::string action = text.substr(equals + 1);
  if (action == "hang") {
    rule.action.hang = true;
    return !rule.event.empty();
  }
  bool delay = starts_with(action, "delay");
  auto number = parse_number(delay ? action.substr(5) : action);
  if (!number || *number < 1) return false;
  (delay ? rule.action.delay_ms : rule.action.code) = static_cast<int>(*number);
  return !rule.event.empty();
}

bool Faults::set(const std::string& text, std::string* error) {
  std::vector<Rule> rules;
  for (const std::string& piece : split(text, ',')) {
    Rule rule;
    if (!parse(piece, rule)) {
      *error = "fault '" + piece + "' is not event[:detail]@n[+]=code|delayMS|hang";
      return false;
    }
    rules.push_back(rule);
  }
  rules_ = std::move(rules);
  return true;
}

FaultAction Faults::on(const std::string& event, const std::string& detail) {
  FaultAction action;
  for (Rule& rule : rules_) {
    if (rule.event != event || (!rule.detail.empty() && rule.detail != detail)) continue;
    rule.seen++;
    if (rule.seen == rule.nth || (rule.from_then_on && rule.seen > rule.nth)) action = rule.action;
  }
  return action;
}

}  // namespace emu
