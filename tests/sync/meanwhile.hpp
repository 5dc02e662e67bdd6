#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "sync/fault_point.hpp"

namespace slabring {

/// Forces a race: lets the other party act at a fault point of the code under test, in the same thread and so always at
/// the same moment.
///
///   Meanwhile other(FaultPoint::claim_cas, [&] { claimed_by_other = worker_b.try_claim(); });
///   worker_a.try_claim();
///
/// Acts once, at the `hit`-th arrival; fault points that `act` itself passes do nothing. A point that nobody came by is
/// a failure of the test. One at a time.
class Meanwhile {
 public:
  Meanwhile(FaultPoint point, std::function<void()> act, int hit = 1) : point_(point), act_(std::move(act)), hit_(hit) {
    current = this;
    set_fault_hook([](FaultPoint reached) { current->arrive(reached); });
  }
  ~Meanwhile() {
    set_fault_hook(nullptr);
    EXPECT_LE(hit_, 0) << "nobody came by " << to_string(point_);
  }
  Meanwhile(const Meanwhile&) = delete;
  Meanwhile& operator=(const Meanwhile&) = delete;

 private:
  void arrive(FaultPoint reached) {
    if (reached != point_ || acting_ || --hit_ != 0) return;
    acting_ = true;
    act_();
    acting_ = false;
  }

  static inline Meanwhile* current = nullptr;
  const FaultPoint point_;
  const std::function<void()> act_;
  int hit_;
  bool acting_ = false;
};

}  // namespace slabring
