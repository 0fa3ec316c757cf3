// What a stress test is fought over: how many buffer objects, of which size, under which policy.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "memory/page.h"
#include "tracking/policy.h"

namespace mkwrite::stress {

struct Grounds {
  std::string_view policy;  ///< as make_policy() takes it
  std::size_t arenas;       ///< buffer objects
  std::size_t pages;        ///< of each
  std::size_t views;        ///< of each, shared by the writers
  std::size_t owners;       ///< of slots: the device and the writers
  /// Lets each buffer object have a twin, behind a bus so slow that comparing with it pays.
  bool trims;

  /// Throws Error.
  std::unique_ptr<Policy> make_policy() const {
    return mkwrite::make_policy(policy, pages, trims ? pages * kPageSize : 0);
  }
};

}  // namespace mkwrite::stress
