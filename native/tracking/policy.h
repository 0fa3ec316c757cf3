// A policy: what chooses a tracker's mechanism while it runs.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "tracking/costs.h"
#include "tracking/mechanism.h"
#include "tracking/trim_rule.h"

namespace mkwrite {

class Policy {
 public:
  virtual ~Policy() = default;

  /// The mechanism to start with.
  virtual MechanismKind initial() const noexcept = 0;
  /// The mechanism that it has chosen. Throws Error (kMechanismUnavailable).
  virtual std::unique_ptr<Mechanism> make(MechanismKind kind) const { return make_mechanism(kind); }

  /// What costs are weighed with, if the policy decides region by region which pages shall stay
  /// writable (regions.h); else null.
  virtual const Costs* costs() const noexcept { return nullptr; }

  /// Whether reports may be compared with a twin, and what that has to pay for (trimming.h).
  virtual TrimTerms trims() const noexcept { return {}; }

  /// Whether write faults that follow each other open pages ahead (run_ahead.h).
  virtual bool runs_ahead() const noexcept { return true; }

  /// Whether each collect harvests the whole buffer object, whatever part of it is in use.
  virtual bool harvests_everything() const noexcept { return false; }

  struct Decision {
    MechanismKind mechanism;
    /// Report everything between the first and the last dirty page, too.
    bool report_hull = false;
  };
  /// What a collect took, where a policy has Costs to weigh it with.
  struct Effort {
    std::size_t tables = 0;  ///< whole page tables of views whose pages were closed for the device
    std::size_t writes = 0;  ///< pages that had to be found written, or faulted, one by one
  };
  /// Called before observe().
  virtual void note(Effort /*effort*/) noexcept {}
  /// The mechanism that the last decision asked for could not be had.
  virtual void refused() noexcept {}
  /// Called at each collect with what the current mechanism found; says what runs from now on.
  virtual Decision observe(std::size_t pages_found) noexcept = 0;
};

/// The policy of that public name for a buffer object of `pages` pages: the name of a mechanism
/// ("fixed"), "kernel", or "auto", which may take `twin_limit` bytes for a twin that trims reports.
/// Throws Error (kInvalidArgument, kMechanismUnavailable).
std::unique_ptr<Policy> make_policy(std::string_view name, std::size_t pages,
                                    std::size_t twin_limit = 0);

/// Whether a fixed mechanism of trackers that are made from here on runs ahead of write faults. It
/// does, until a process wants to know exactly which pages are written.
void set_runs_ahead(bool runs_ahead) noexcept;

}  // namespace mkwrite
