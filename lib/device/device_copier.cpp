#include <algorithm>
#include <span>
#include <utility>

#include "device/device_stream.hpp"
#include "slabring/cuda.hpp"

namespace slabring {
namespace {

/// As far apart as the driver's own allocations begin.
constexpr std::size_t alignment = 256;

}  // namespace

class DeviceBatch::Impl {
 public:
  Impl(std::shared_ptr<DeviceStream> stream, DeviceStream::Copied copied, const Tensor& images, std::size_t labels_at)
      : stream_(std::move(stream)), copied_(std::move(copied)), images_(images) {
    images_.data = at(0);
    labels_ = reinterpret_cast<std::int64_t*>(at(labels_at));
  }
  ~Impl() { stream_->give_back(std::move(copied_.memory), readers_); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  const Tensor& images() const noexcept { return images_; }
  std::int64_t* labels() const noexcept { return labels_; }
  int device() const noexcept { return stream_->context()->device(); }

  void use_on(CudaStream stream) {
    const cuda::PrimaryContext& context = *stream_->context();
    const cuda::PrimaryContext::Current current(context);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): it is a handle
    context.check(context.call().stream_wait(reinterpret_cast<cuda::Stream>(stream), copied_.event->get(), 0),
                  "cuStreamWaitEvent");
    if (std::find(readers_.begin(), readers_.end(), stream) == readers_.end()) readers_.push_back(stream);
  }
  CudaStream use_anywhere() noexcept {
    copied_.memory.read_anywhere = true;
    return reinterpret_cast<CudaStream>(stream_->stream());
  }
  void wait() const {
    const cuda::PrimaryContext::Current current(*stream_->context());
    copied_.event->wait();
  }

 private:
  std::byte* at(std::size_t offset) const noexcept {
    return reinterpret_cast<std::byte*>(copied_.memory.address + offset);  // NOLINT(performance-no-int-to-ptr)
  }

  std::shared_ptr<DeviceStream> stream_;
  DeviceStream::Copied copied_;
  Tensor images_;
  std::int64_t* labels_;
  std::vector<CudaStream> readers_;
};

DeviceBatch::DeviceBatch(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
DeviceBatch::DeviceBatch(DeviceBatch&&) noexcept = default;
DeviceBatch& DeviceBatch::operator=(DeviceBatch&&) noexcept = default;
DeviceBatch::~DeviceBatch() = default;

const Tensor& DeviceBatch::images() const noexcept { return impl_->images(); }
std::int64_t* DeviceBatch::labels() const noexcept { return impl_->labels(); }
int DeviceBatch::device() const noexcept { return impl_->device(); }
void DeviceBatch::use_on(CudaStream stream) { impl_->use_on(stream); }
CudaStream DeviceBatch::use_anywhere() noexcept { return impl_->use_anywhere(); }
void DeviceBatch::wait() const { impl_->wait(); }

DeviceCopier::DeviceCopier(const CudaOptions& cuda) : stream_(std::make_shared<DeviceStream>(cuda)) {}
DeviceCopier::~DeviceCopier() {
  if (stream_ == nullptr || !stream_->context()->is_ours()) return;
  try {
    stream_->wait(0);
  } catch (const std::exception&) {
    // The device is lost, and the copies with it: nothing reads the slabs any more.
  }
}
DeviceCopier::DeviceCopier(DeviceCopier&&) noexcept = default;
DeviceCopier& DeviceCopier::operator=(DeviceCopier&&) noexcept = default;

DeviceBatch DeviceCopier::copy(Batch batch) {
  const Tensor images = batch.images();
  const std::span<std::int64_t> labels = batch.labels();
  const std::size_t labels_at = (images.size_bytes() + alignment - 1) / alignment * alignment;
  DeviceStream::Copied copied = stream_->copy(std::move(batch), {images.data, images.size_bytes()},
                                              {labels.data(), labels.size_bytes()}, labels_at);
  return DeviceBatch(std::make_unique<DeviceBatch::Impl>(stream_, std::move(copied), images, labels_at));
}

std::size_t DeviceCopier::collect() { return stream_->collect(); }
void DeviceCopier::wait(std::size_t under_way) { stream_->wait(under_way); }
int DeviceCopier::device() const noexcept { return stream_->context()->device(); }

}  // namespace slabring
