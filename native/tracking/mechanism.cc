#include "tracking/mechanism.h"

#include "memory/error.h"
#include "tracking/compare.h"
#include "tracking/full.h"
#include "tracking/soft_dirty.h"
#include "tracking/tracker_state.h"
#include "tracking/userfault.h"
#include "tracking/write_fault.h"

namespace mkwrite {

std::string_view mechanism_name(MechanismKind kind) noexcept {
  switch (kind) {
    case MechanismKind::kWriteFault:
      return "write-fault";
    case MechanismKind::kSoftDirty:
      return "soft-dirty";
    case MechanismKind::kUserfault:
      return "userfault";
    case MechanismKind::kCompare:
      return "compare";
    case MechanismKind::kFull:
      return "full";
  }
  return "unknown";
}

void Mechanism::look(TrackerState& /*state*/, PageRange /*range*/) {}

void Mechanism::prove(TrackerState& /*state*/) noexcept {}

void Mechanism::open_ahead(TrackerState& /*state*/) {}

bool Mechanism::is_open(const TrackedView& /*view*/, PageIndex /*page*/,
                        Access /*access*/) const noexcept {
  return true;
}

int Mechanism::open(TrackerState& /*state*/, TrackedView& view, PageRange pages,
                    Access /*access*/) noexcept {
  return view.protect(pages, armed_protection());
}

int Mechanism::open_for_fault(TrackerState& state, TrackedView& view, PageIndex page,
                              Access access) noexcept {
  return open(state, view, {page, 1}, access);
}

std::unique_ptr<Mechanism> make_mechanism(MechanismKind kind) {
  switch (kind) {
    case MechanismKind::kWriteFault:
      return std::make_unique<WriteFault>();
    case MechanismKind::kSoftDirty:
      return std::make_unique<SoftDirty>();
    case MechanismKind::kUserfault:
      return std::make_unique<Userfault>();
    case MechanismKind::kCompare:
      return std::make_unique<Compare>();
    case MechanismKind::kFull:
      return std::make_unique<Full>();
  }
  throw Error(ErrorCode::kInvalidArgument, "There is no such mechanism.");
}

}  // namespace mkwrite
