// A tracked buffer object and a device that owns pages of it.
#pragma once

#include "fake_device.h"
#include "mechanisms.h"

namespace mkwrite::test {

struct OwnedScene {
  explicit OwnedScene(MechanismKind kind, std::size_t pages = 64)
      : tracked(pages, kind), device(tracked.tracker) {}
  View& view() const { return *tracked.view; }
  std::uint64_t device_word(PageIndex page) const {
    return word_at(view(), page, FakeDevice::kWord);
  }
  TrackedBuffer tracked;
  FakeDevice device;
};

}  // namespace mkwrite::test
