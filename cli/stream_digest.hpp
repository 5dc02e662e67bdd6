#pragma once

#include <memory>
#include <string>

#include "slabring/batch.hpp"

namespace slabring::cli {

/// XXH3-128 over delivered batches: of each its image bytes, those of its extra arrays, labels (i64), sample ids (u64)
/// and statuses (u32), and with MixUp or CutMix partner labels (i64) and lambdas (f32), all little-endian, in delivery
/// order. The format is a contract: the same digest on every machine with the same libjpeg-turbo.
class StreamDigest {
 public:
  StreamDigest();
  ~StreamDigest();

  void add(const Batch& batch);
  /// Image bytes, those in extra arrays, and label of one row, and nothing that says where it was delivered.
  void add_row(const Batch& batch, std::size_t row);
  /// 32 hexadecimal digits, the high half first, of what was added so far.
  std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace slabring::cli
