#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "device/cuda_driver.hpp"
#include "slabring/batch.hpp"
#include "slabring/cuda.hpp"

namespace slabring {

/// An event of the driver: a place in a stream's queue that has come, or not.
class DeviceEvent {
 public:
  /// Records it at the end of `stream`'s queue. Requires: the context is current. Throws Error(device).
  DeviceEvent(std::shared_ptr<const cuda::PrimaryContext> context, cuda::Stream stream);
  ~DeviceEvent();
  DeviceEvent(const DeviceEvent&) = delete;
  DeviceEvent& operator=(const DeviceEvent&) = delete;

  cuda::Event get() const noexcept { return event_; }
  bool has_come() const;
  void wait() const;

 private:
  std::shared_ptr<const cuda::PrimaryContext> context_;
  cuda::Event event_ = nullptr;
};

/// Memory of the device for one batch, and who may still be reading it.
struct DeviceMemory {
  cuda::Address address = 0;
  std::size_t bytes = 0;
  std::vector<std::unique_ptr<DeviceEvent>> readers;  ///< to come before it is written again
  bool read_anywhere = false;                         ///< by whom is not known: all of the device has to come to rest
};

/// The stream that copies, the batches on it, and the memory that batches have given back. Shared by the copier and
/// what it made, so that these may outlive it.
///
/// Thread rule: give_back() from any thread; everything else from the copier's.
class DeviceStream {
 public:
  explicit DeviceStream(const CudaOptions& options);
  ~DeviceStream();
  DeviceStream(const DeviceStream&) = delete;
  DeviceStream& operator=(const DeviceStream&) = delete;

  /// A batch's place in the device's memory, and the event behind its copy.
  struct Copied {
    DeviceMemory memory;
    std::shared_ptr<DeviceEvent> event;
  };
  /// Queues the copy of both parts, the second at `second_offset`; keeps the batch until it is done.
  struct Part {
    const void* data = nullptr;
    std::size_t bytes = 0;
  };
  Copied copy(Batch batch, Part first, Part second, std::size_t second_offset);

  std::size_t collect();
  void wait(std::size_t under_way);
  /// Never throws: what the driver refuses to promise is waited for, and then the memory is let go.
  void give_back(DeviceMemory memory, const std::vector<CudaStream>& readers) noexcept;

  const std::shared_ptr<const cuda::PrimaryContext>& context() const noexcept { return context_; }
  cuda::Stream stream() const noexcept { return stream_; }

 private:
  struct UnderWay {
    Batch batch;
    std::shared_ptr<DeviceEvent> copied;
  };

  DeviceMemory memory_of(std::size_t bytes);
  bool take_free(std::size_t bytes, DeviceMemory& memory);
  void wait_for_readers(DeviceMemory& memory);
  void queue(const DeviceMemory& memory, std::size_t offset, Part part);

  std::shared_ptr<const cuda::PrimaryContext> context_;
  cuda::Stream stream_ = nullptr;
  std::deque<UnderWay> under_way_;
  std::mutex mutex_;  ///< guards
  std::vector<DeviceMemory> free_;
};

}  // namespace slabring
