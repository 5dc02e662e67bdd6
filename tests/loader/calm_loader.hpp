#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "slabring/loader.hpp"
#include "support/image_tree.hpp"
#include "support/stream_digest.hpp"
#include "support/temporary_folder.hpp"

namespace slabring::test {

inline constexpr StartMethod all_start_methods[] = {StartMethod::forkserver, StartMethod::spawn, StartMethod::fork};

/// 200 small images, and what three epochs of them come to when nobody dies.
class CalmLoader : public ::testing::Test {
 protected:
  CalmLoader() {
    write_image_tree(folder_.path(), 4, 50);
    dataset_.emplace(folder_.path());
    Loader reference(*dataset_, pipeline(), options(StartMethod::fork, 0));
    calm_ = stream(reference, 3);
  }
  static Pipeline pipeline() { return {RandomResizedCrop{24}, RandomHorizontalFlip{}}; }
  static LoaderOptions options(StartMethod method, int workers) {
    return {.batch_size = 16, .shuffle = true, .seed = 3, .workers = workers, .start_method = method};
  }
  TemporaryFolder folder_;
  std::optional<ImageFolder> dataset_;
  std::vector<std::uint64_t> calm_;  ///< digests of the batches
};

}  // namespace slabring::test
