// Collects that race with writers.
#pragma once

#include "device_copy.h"
#include "writers.h"

namespace mkwrite::test {

/// One round of the writers, with collects all the while and one at rest. Returns whether the copy
/// then has everything.
inline bool arrives_whole(Writers& writers, DeviceCopy& copy) {
  writers.begin_round();
  do {
    copy.update();
  } while (writers.writing());
  copy.update();
  return copy.matches();
}

}  // namespace mkwrite::test
