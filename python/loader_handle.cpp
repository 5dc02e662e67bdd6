#include "loader_handle.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "slabring/error.hpp"

namespace slabring::python {
namespace {

/// A batch and its place in the count of those that are held.
struct Lease {
  Lease(Batch given, std::shared_ptr<std::atomic<int>> count) : batch(std::move(given)), held(std::move(count)) {
    ++*held;
  }
  ~Lease() { --*held; }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  Batch batch;
  std::shared_ptr<std::atomic<int>> held;
};

template <class T>
Array column(std::span<T> values, const ElementKind& kind) {
  return copy_of(std::as_bytes(values), kind);
}

std::optional<Array> soft_labels_of(const Batch& batch) {
  const std::vector<float> shares = batch.soft_labels();
  if (shares.empty()) return std::nullopt;
  Array soft = copy_of(std::as_bytes(std::span(shares)), kind_of(DType::f32));
  const auto rows = static_cast<std::int64_t>(batch.size());
  soft.shape = {rows, soft.shape.front() / rows};
  return soft;
}

std::unique_ptr<DeviceCopier> copier_for(const Placement& placement, const Dataset& dataset) {
  if (!placement.device) return nullptr;
  if (!dataset.extra_arrays().empty()) {
    throw Error(
        ErrorCode::invalid_argument,
        "device is a GPU, and the dataset has arrays beside images and labels, which are not copied there; leave "
        "device out, and copy them in the loop (pin_memory=True makes that fast)");
  }
  return std::make_unique<DeviceCopier>(CudaOptions{placement.device, {}});
}

}  // namespace

/// One thread's turn with the loader; requires an open one. Waiting for another thread's turn to end can be
/// interrupted too.
class LoaderHandle::Use {
 public:
  explicit Use(LoaderHandle& handle) : handle_(handle) {
    if (getpid() != handle.owner_) {
      throw Error(ErrorCode::process,
                  "this loader was made before the process was forked, and its ring and workers are the parent's; make "
                  "a DataLoader in this process");
    }
    if (handle.user_.load() == std::this_thread::get_id()) {
      throw Error(ErrorCode::invalid_argument,
                  "this loader is waiting for a batch in this very thread (a signal handler used it?); use it after "
                  "that call has returned");
    }
    while (!handle.mutex_.try_lock_for(std::chrono::milliseconds(50))) handle.while_waiting_();
    handle.user_ = std::this_thread::get_id();
  }
  ~Use() {
    handle_.user_ = std::thread::id();
    handle_.mutex_.unlock();
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  Loader& loader() const {
    if (handle_.loader_) return *handle_.loader_;
    throw Error(ErrorCode::process, "the loader is closed; make a new DataLoader");
  }

 private:
  LoaderHandle& handle_;
};

LoaderHandle::LoaderHandle(std::shared_ptr<const Dataset> dataset, Pipeline pipeline, const LoaderOptions& options,
                           WhenHeld when_held, const Placement& placement, WhileWaiting while_waiting)
    : while_waiting_(std::move(while_waiting)),
      dataset_(std::move(dataset)),
      user_(std::thread::id()),
      copier_(copier_for(placement, *dataset_)),
      loader_(std::make_unique<Loader>(*dataset_, std::move(pipeline), options)),
      when_held_(when_held),
      owner_(getpid()),
      options_(loader_->options()),
      row_shape_(loader_->row_shape()),
      batches_per_epoch_(loader_->batches_per_epoch()),
      samples_per_epoch_(loader_->samples_per_epoch()),
      first_epoch_(loader_->first_epoch()) {
  // Where it cannot be, LoaderStats says so, and everything goes on.
  if (placement.pin || placement.device) loader_->pin_memory(CudaOptions{placement.device, {}});
}

LoaderHandle::~LoaderHandle() = default;

std::uint64_t LoaderHandle::begin(std::uint64_t epoch) {
  const Use use(*this);
  ahead_ = {};
  use.loader().epoch(epoch);
  return ++pass_;
}

std::optional<Delivered> LoaderHandle::next(std::uint64_t pass) {
  const Use use(*this);
  if (pass != pass_) {
    throw Error(ErrorCode::invalid_argument,
                "this iteration is over, because a later iter() of the same DataLoader began another; a DataLoader has "
                "one ring and so one iteration at a time: for nested loops or zip make a second DataLoader");
  }
  Loader& loader = use.loader();
  if (copier_ == nullptr) return take(loader);
  if (ahead() == 0) await_slabs();
  std::optional<Delivered> delivered = ahead() == 0 ? take(loader) : take_ahead();
  look_ahead(loader);
  return delivered;
}

std::optional<Delivered> LoaderHandle::take(Loader& loader) {
  Batch batch = loader.next(while_waiting_);
  if (batch.empty()) return std::nullopt;
  Delivered delivered{{},
                      {},
                      {},
                      column(batch.ids(), int64_kind),
                      column(batch.statuses(), int32_kind),
                      soft_labels_of(batch),
                      batch.faults(),
                      batch.epoch(),
                      batch.index()};
  if (copier_ != nullptr) {
    take_to_device(std::move(batch), delivered);
  } else {
    delivered.labels = column(batch.labels(), int64_kind);
    give_in_place(std::move(batch), delivered);
  }
  return delivered;
}

std::optional<Delivered> LoaderHandle::take_ahead() {
  Ahead taken = std::exchange(ahead_, {});
  if (const auto* const failure = std::get_if<std::exception_ptr>(&taken)) std::rethrow_exception(*failure);
  return std::get<Delivered>(std::move(taken));
}

/// Begins the next copy, if its batch is there, so that it runs while the trainer is at work on the one it got. What
/// goes wrong with that batch is thrown when it is asked for.
void LoaderHandle::look_ahead(Loader& loader) noexcept {
  try {
    if (copier_->collect() > most_copies() || !loader.ready()) return;
  } catch (const Error&) {
    return;  // of the device; the next call will meet it
  }
  try {
    ahead_ = take(loader).value();
  } catch (...) {
    ahead_ = std::current_exception();
  }
}

/// Copies under way hold slabs; two are left to the workers, if there are so many.
std::size_t LoaderHandle::most_copies() const noexcept {
  return static_cast<std::size_t>(std::max(0, options_.prefetch - 2));
}

void LoaderHandle::await_slabs() {
  copier_->collect();
  copier_->wait(most_copies());
}

void LoaderHandle::take_to_device(Batch batch, Delivered& delivered) {
  const auto there = std::make_shared<DeviceBatch>(copier_->copy(std::move(batch)));
  const dlpack::Device device{dlpack::DeviceType::cuda, there->device()};
  const Tensor& images = there->images();
  delivered.images = DeviceArray{
      {there, images.data, &kind_of(images.dtype), {images.shape.begin(), images.shape.end()}, device}, there};
  delivered.labels = DeviceArray{
      {there, reinterpret_cast<std::byte*>(there->labels()), &int64_kind, {*images.shape.begin()}, device}, there};
}

/// Whichever of them is kept keeps the slab.
void LoaderHandle::give_in_place(Batch batch, Delivered& delivered) {
  const Tensor images = batch.images();
  std::vector<Tensor> extras;
  for (std::size_t i = 0; i < batch.extra_arrays().size(); ++i) extras.push_back(batch.array(i));
  const auto lease = std::make_shared<Lease>(std::move(batch), held_);
  const bool copies = should_copy();
  const auto array_of = [&](const Tensor& tensor) {
    Array array{lease, tensor.data, &kind_of(tensor.dtype), {tensor.shape.begin(), tensor.shape.end()}};
    return copies ? copy_of(array) : array;
  };
  delivered.images = array_of(images);
  for (const Tensor& extra : extras) delivered.extras.push_back(array_of(extra));
}

std::vector<std::string> LoaderHandle::extra_names() const {
  std::vector<std::string> names;
  for (const ExtraArray& array : dataset_->extra_arrays()) names.push_back(array.name);
  return names;
}

/// Two slabs stay for the workers, if there are so many, so that copying does not mean waiting.
bool LoaderHandle::should_copy() const noexcept {
  return when_held_ == WhenHeld::copy && held() > std::max(1, options_.prefetch - 2);
}

std::string LoaderHandle::state() {
  const Use use(*this);
  return use.loader().state(ahead());
}

LoaderStats LoaderHandle::stats() {
  const Use use(*this);
  return use.loader().stats(ahead());
}

void LoaderHandle::close() {
  if (getpid() != owner_) return;  // the mutex may be held for ever here, by a thread that was not forked
  const Use use(*this);
  ahead_ = {};
  copier_.reset();  // waits, and lets go of the memory that nobody holds
  loader_.reset();
}

}  // namespace slabring::python
