// A worker gone wrong may have written anything into the control memory at any time. Here the input says what it
// writes and what trainer and coordinator do in between; neither may crash, touch a byte outside the ring, or deliver
// what it cannot name.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "augment/program.hpp"
#include "loader/ring_session.hpp"
#include "loader/ring_shape.hpp"
#include "ring/recovery.hpp"
#include "slabring/error.hpp"
#include "support/pixel_dataset.hpp"

namespace slabring {
namespace {

constexpr std::uint32_t batch_size = 5;
constexpr std::uint64_t samples = 23;

/// With extra arrays, which are in the same memory. Nothing is ever loaded.
class WithExtraArrays : public test::PixelDataset {
 public:
  WithExtraArrays() : PixelDataset(samples) {}
  std::span<const ExtraArray> extra_arrays() const noexcept override { return arrays_; }

 private:
  std::vector<ExtraArray> arrays_{{"mask", {DType::u8, {3, 7}}}, {"", {DType::f64, {}}}};
};

const Dataset& dataset() {
  static const WithExtraArrays made;
  return made;
}

const Program& program() {
  static const Program made(Pipeline{}, DType::u8, Layout::nhwc, RowShape{4, 5, 3, DType::u8, Layout::nhwc});
  return made;
}

/// Takes numbers from the input, zeros when it is used up.
class Input {
 public:
  explicit Input(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  std::uint64_t below(std::uint64_t bound) { return bits(bound > 256 ? 4 : 1) % bound; }
  std::uint64_t bits(int bytes) {
    std::uint64_t value = 0;
    for (; bytes > 0 && !bytes_.empty(); --bytes) {
      value = value << 8 | bytes_.front();
      bytes_ = bytes_.subspan(1);
    }
    return value;
  }
  bool used_up() const noexcept { return bytes_.empty(); }

 private:
  std::span<const std::uint8_t> bytes_;
};

class Actors {
 public:
  explicit Actors(Input& input) : input_(input) {
    LoaderOptions options;
    options.batch_size = batch_size;
    options.prefetch = 2 + static_cast<int>(input.below(3));
    options.shuffle = input.below(2) == 0;
    options.rank = 0;
    options.world = 1;
    options.workers = 2;  // that never come: what they write is the input's
    options.on_error = static_cast<OnError>(input.below(3));
    RingMemory memory = RingMemory::create(ring_shape(dataset(), program(), options, 2));
    memory.view().format();
    session_ =
        std::make_shared<RingSession>(std::move(memory), Work{&dataset(), &program(), {.on_error = options.on_error}},
                                      options, program().row_shape());
    session_->begin(0);
  }
  ~Actors() { session_->close(); }
  Actors(const Actors&) = delete;
  Actors& operator=(const Actors&) = delete;

  void step() {
    switch (input_.below(8)) {
      case 0:
      case 1:
      case 2: return scribble();
      case 3: return take();
      case 4: return give_back();
      case 5: return bury();
      case 6: return begin();
      default: return look();
    }
  }

 private:
  const ring::View& view() const { return session_->view(); }

  void scribble() {
    auto* const words = reinterpret_cast<std::byte*>(&view().pool()) - offsetof(ring::Control, pool);
    const std::size_t at = input_.below(ring::control_bytes(view().shape()) / 8) * 8;
    const std::uint64_t value = input_.bits(8);
    std::memcpy(words + at, &value, sizeof value);
  }

  /// So that nobody waits for workers who never come.
  void complete_all() {
    for (std::uint32_t slab = 0; slab < view().shape().slabs; ++slab) {
      view().done(slab, 0).store(ring::View::row_bits(batch_size, 0));
    }
  }

  void take() {
    complete_all();
    try {
      Batch batch = session_->next();
      if (batch.empty()) return begin();
      if (batch.ids().size() != batch.size() || batch.statuses().size() != batch.size()) std::abort();
      for (const SampleId id : batch.ids()) {
        if (to_index(id) >= samples) std::abort();
      }
      for (std::size_t array = 0; array < batch.extra_arrays().size(); ++array) overwrite(batch.array(array));
      for (const SampleFault& fault : batch.faults()) {
        if (to_string(fault.status) == "unknown") std::abort();
      }
      held_.push_back(std::move(batch));
    } catch (const Error&) {  // a fault, or every slab is held
    }
  }

  /// A byte outside is for the sanitizer to find.
  static void overwrite(const Tensor& tensor) { std::memset(tensor.data, 0xff, tensor.size_bytes()); }

  void give_back() {
    if (held_.empty()) return;
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(input_.below(held_.size())));
  }

  void bury() {
    const auto slot = static_cast<std::uint32_t>(input_.below(ring::max_workers));
    const auto give_up_at = input_.below(2) == 0 ? ring::quarantine_attempts : ring::last_substitute_attempts;
    ring::recover(view(), slot, static_cast<std::uint32_t>(input_.below(64)),
                  {SampleStatus::quarantined, "it died", give_up_at});
  }

  void begin() {
    complete_all();
    session_->begin(input_.below(4), input_.below(5));
  }

  void look() const {
    (void)session_->stats();
    for (const SampleFault& fault : session_->failed_samples()) {
      if (to_index(fault.id) >= samples) std::abort();
    }
  }

  Input& input_;
  std::shared_ptr<RingSession> session_;
  std::deque<Batch> held_;
};

}  // namespace
}  // namespace slabring

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slabring::Input input({data, size});
  slabring::Actors actors(input);
  while (!input.used_up()) actors.step();
  return 0;
}
