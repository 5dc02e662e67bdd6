#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "ring/layout.hpp"

namespace slabring::ring {

/// A row that is this worker's alone until it publishes it or dies.
struct Claim {
  std::uint32_t slab = 0;
  std::uint32_t row = 0;
  std::uint64_t batch = 0;     ///< sequence number in the run
  std::uint64_t ticket = 0;    ///< batch * batch_size + row
  std::uint32_t attempts = 0;  ///< OwnerWord::attempts: what workers that died of it weigh
};

/// The worker's side of a ring. One object a worker, single-threaded.
class WorkerPort {
 public:
  WorkerPort(const View& view, std::uint32_t slot) noexcept : view_(view), slot_(slot) {}

  /// Takes the first free row of the oldest batch; nullopt: nothing is free now. Lock-free, no system call.
  std::optional<Claim> try_claim() noexcept;

  /// Takes the free rows right behind a claimed one too, `most` in all; returns how many it holds then, 1 or more,
  /// which are published one by one. To the others they are rows of workers that, if one dies, all die. Requires:
  /// `claim` is not published yet.
  std::uint32_t claim_run(const Claim& claim, std::uint32_t most) noexcept;

  /// The row is written, its status included: it becomes part of its batch, and of nobody.
  void publish(const Claim& claim) noexcept;

  /// try_claim(), sleeping while there is nothing; nullopt: the ring is to stop. Looks up at least every `slice`, so
  /// that a caller may check on its parent: then `nullopt` with stopped() false.
  std::optional<Claim> next(std::chrono::milliseconds slice) noexcept;

  bool stopped() const noexcept { return view_.pool().stop.load() != 0; }
  Slot& slot() const noexcept { return view_.slot(slot_); }
  const View& view() const noexcept { return view_; }

 private:
  bool more_work() const noexcept;

  View view_;
  std::uint32_t slot_;
};

}  // namespace slabring::ring
