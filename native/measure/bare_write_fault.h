// write-fault by hand: the handler sets a bit and opens one page; collect protects either the whole
// range or each run of bits, whichever is cheaper for the writes at hand.
#pragma once

#include <signal.h>

#include <vector>

#include "measure/bare_loop.h"

namespace mkwrite {

class BareWriteFault final : public BareLoop {
 public:
  BareWriteFault(std::shared_ptr<BufferObject> buffer, std::shared_ptr<DeviceCopy> copy);

  void choose(const PageWrites& writes) override;

 protected:
  Written write(const PageWrites& writes) override;
  void collect() override;

 private:
  static bool on_fault(siginfo_t& info, ucontext_t& context, void* user) noexcept;
  void find_runs();

  std::vector<std::uint64_t> bits_;  ///< one per page
  std::uint64_t signals_ = 0;
  bool protect_whole_range_ = false;
};

}  // namespace mkwrite
