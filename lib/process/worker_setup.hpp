#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "augment/program.hpp"
#include "base/unique_fd.hpp"
#include "dataset/open_dataset.hpp"
#include "engine/row_options.hpp"
#include "slabring/dataset.hpp"
#include "slabring/options.hpp"
#include "slabring/transform.hpp"
#include "slabring/worker.hpp"

namespace slabring {

/// What rows are made from, in whichever process. Points to what outlives it.
struct Work {
  const Dataset* dataset = nullptr;
  const Program* program = nullptr;
  RowOptions rows;
  Sandbox sandbox = Sandbox::off;  ///< of the workers
};

/// How the coordinator is to run its workers.
struct Supervision {
  std::uint32_t workers = 0;             ///< that the coordinator starts
  std::uint32_t attachable = 0;          ///< more, that may join by hand; their slots come behind
  std::chrono::milliseconds timeout{0};  ///< of one sample; 0: none
  bool huge_pages = true;
  OnError on_error = OnError::raise;  ///< decides when a row is given up

  /// Attempts at which a row is given up.
  std::uint32_t give_up_at() const noexcept;
  std::uint32_t slots() const noexcept { return workers + attachable; }
};

/// Everything that a freshly started program needs besides descriptors, as JSON in a memfd.
struct WorkerSetup {
  int trainer = 0;  ///< process id
  StartMethod start_method = StartMethod::forkserver;
  Supervision supervision;
  bool first = true;  ///< false: takes over the ring of a coordinator that was killed
  RowOptions rows;
  Sandbox sandbox = Sandbox::off;
  DType dtype = DType::u8;
  Layout layout = Layout::nchw;
  std::optional<SampleShape> sample_shape;
  std::optional<ArrayForm> sample_array;
  std::string pipeline;   ///< Pipeline::to_json
  DatasetRecipe dataset;  ///< its fds are counted, not listed

  std::string to_json() const;
  /// Throws Error(process) that says so when it was written by another version.
  static WorkerSetup from_json(std::string_view text);
};

/// Dataset and program opened from a WorkerSetup, in a fresh program.
class OpenedSetup {
 public:
  /// `tables`: the dataset's descriptors in this process. Throws Error.
  OpenedSetup(const WorkerSetup& setup, std::vector<int> tables, const OpenDataset& open = open_dataset);
  Work work() const noexcept { return {dataset_.get(), &program_, rows_, sandbox_}; }

 private:
  std::unique_ptr<Dataset> dataset_;
  Program program_;
  RowOptions rows_;
  Sandbox sandbox_;
};

/// The descriptors of slabring-worker, the same numbers in both roles. The control socket, the coordinator's alone,
/// comes last: tables_fd + number of tables.
inline constexpr int setup_fd = 3;
inline constexpr int control_memory_fd = 4;
inline constexpr int data_memory_fd = 5;
/// The write end of a pipe that nobody writes to: its reader, the trainer, sees its end when the coordinator and all
/// workers are dead.
inline constexpr int life_pipe_fd = 6;
inline constexpr int tables_fd = 7;
/// Where a worker that is set up keeps the life pipe; it holds nothing else but standard input, output and error.
inline constexpr int worker_life_pipe_fd = 3;
/// Of a worker that has joined by hand: its connection to the coordinator, the only other one.
inline constexpr int worker_lifeline_fd = 4;

/// Text in a memfd, to be inherited, and back. Throw Error(io) and Error(process).
UniqueFd text_to_memfd(const char* name, std::string_view text);
std::string text_from_memfd(int fd);

}  // namespace slabring
