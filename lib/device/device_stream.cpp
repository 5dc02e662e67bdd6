#include "device/device_stream.hpp"

#include <algorithm>
#include <utility>

namespace slabring {

using Current = cuda::PrimaryContext::Current;

DeviceEvent::DeviceEvent(std::shared_ptr<const cuda::PrimaryContext> context, cuda::Stream stream)
    : context_(std::move(context)) {
  context_->check(context_->call().event_create(&event_, cuda::event_without_timing), "cuEventCreate");
  const cuda::Result recorded = context_->call().event_record(event_, stream);
  if (recorded != cuda::success) context_->call().event_destroy(event_);
  context_->check(recorded, "cuEventRecord");
}

DeviceEvent::~DeviceEvent() {
  if (!context_->is_ours()) return;
  const Current current(*context_);
  context_->call().event_destroy(event_);  // which the driver puts off until it has come
}

bool DeviceEvent::has_come() const {
  const cuda::Result result = context_->call().event_query(event_);
  if (result == cuda::not_ready) return false;
  context_->check(result, "cuEventQuery");
  return true;
}

void DeviceEvent::wait() const { context_->check(context_->call().event_synchronize(event_), "cuEventSynchronize"); }

DeviceStream::DeviceStream(const CudaOptions& options)
    : context_(std::make_shared<const cuda::PrimaryContext>(options)) {
  const Current current(*context_);
  context_->check(context_->call().stream_create(&stream_, cuda::stream_non_blocking), "cuStreamCreate");
}

DeviceStream::~DeviceStream() {
  if (!context_->is_ours()) return;
  const Current current(*context_);
  const cuda::Functions& call = context_->call();
  call.stream_synchronize(stream_);
  // cuMemFree waits for whoever reads the memory.
  for (const DeviceMemory& memory : free_) call.free(memory.address);
  call.stream_destroy(stream_);
}

DeviceStream::Copied DeviceStream::copy(Batch batch, Part first, Part second, std::size_t second_offset) {
  collect();
  const Current current(*context_);
  Copied copied{memory_of(second_offset + second.bytes), {}};
  try {
    wait_for_readers(copied.memory);
    queue(copied.memory, 0, first);
    queue(copied.memory, second_offset, second);
    copied.event = std::make_shared<DeviceEvent>(context_, stream_);
  } catch (...) {
    // A part of it may be under way, from a slab that the workers are about to get.
    context_->call().stream_synchronize(stream_);
    context_->call().free(copied.memory.address);
    throw;
  }
  under_way_.push_back({std::move(batch), copied.event});
  return copied;
}

void DeviceStream::queue(const DeviceMemory& memory, std::size_t offset, Part part) {
  context_->check(context_->call().copy_to_device(memory.address + offset, part.data, part.bytes, stream_),
                  "cuMemcpyHtoDAsync");
}

std::size_t DeviceStream::collect() {
  const Current current(*context_);
  while (!under_way_.empty() && under_way_.front().copied->has_come()) under_way_.pop_front();
  return under_way_.size();
}

void DeviceStream::wait(std::size_t under_way) {
  const Current current(*context_);
  while (under_way_.size() > under_way) {
    under_way_.front().copied->wait();
    under_way_.pop_front();
  }
}

DeviceMemory DeviceStream::memory_of(std::size_t bytes) {
  DeviceMemory memory;
  if (take_free(bytes, memory)) return memory;
  context_->check(context_->call().allocate(&memory.address, bytes), "cuMemAlloc");
  memory.bytes = bytes;
  return memory;
}

bool DeviceStream::take_free(std::size_t bytes, DeviceMemory& memory) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(free_.begin(), free_.end(), [&](const auto& one) { return one.bytes >= bytes; });
  if (found == free_.end()) return false;
  memory = std::move(*found);
  free_.erase(found);
  return true;
}

void DeviceStream::wait_for_readers(DeviceMemory& memory) {
  if (memory.read_anywhere) context_->check(context_->call().context_synchronize(), "cuCtxSynchronize");
  for (const auto& reader : memory.readers) {
    context_->check(context_->call().stream_wait(stream_, reader->get(), 0), "cuStreamWaitEvent");
  }
  memory.readers.clear();
  memory.read_anywhere = false;
}

void DeviceStream::give_back(DeviceMemory memory, const std::vector<CudaStream>& readers) noexcept {
  if (!context_->is_ours()) return;
  const Current current(*context_);
  try {
    for (const CudaStream stream : readers) {
      memory.readers.push_back(
          std::make_unique<DeviceEvent>(context_, reinterpret_cast<cuda::Stream>(stream)));  // NOLINT: it is a handle
    }
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(memory));
  } catch (...) {
    context_->call().free(memory.address);  // waits for the device
  }
}

}  // namespace slabring
