// A dataset of one's own, with a transform of one's own: pixels made in memory, no files.
//
// Such code exists only in this program, so the workers have to be forks of it: start_method = fork. Everything else is
// as with files: order, randomness and errors do not depend on the number of workers. The program checks what it gets
// and ends with status 1 if that is wrong.

#include <slabring/slabring.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <vector>

namespace {

using slabring::to_index;

constexpr int side = 48;
constexpr std::ptrdiff_t row_bytes = std::ptrdiff_t{3} * side;
constexpr std::uint64_t unreadable = 13;

/// Sample i is a square of the grey level i; its label is whether it is bright.
class GreySquares : public slabring::Dataset {
 public:
  std::uint64_t size() const override { return 200; }

  void load(slabring::SampleId id, slabring::Sample& sample) const override {
    // What is thrown here becomes a fault of this sample alone.
    if (to_index(id) == unreadable) throw std::runtime_error("this one cannot be had");
    // The sample's own buffer is reused for all samples of a worker, so nothing is allocated here after the first.
    std::vector<std::byte>& pixels = sample.buffer();
    pixels.assign(side * row_bytes, std::byte(to_index(id)));
    sample.set_label(to_index(id) >= 100 ? 1 : 0);
    sample.from_pixels({reinterpret_cast<const std::uint8_t*>(pixels.data()), side, side, 3, row_bytes});
  }
};

/// Turns every second image, by chance, into its negative. All randomness comes from `random`, so an epoch can be
/// repeated bit for bit.
void sometimes_invert(const slabring::MutableImageView& image, slabring::RandomStream& random) {
  if (random.uniform() < 0.5) return;
  for (int y = 0; y != image.height; ++y) {
    std::uint8_t* const row = image.row(y);
    std::transform(row, row + std::ptrdiff_t{image.width} * image.channels, row,
                   [](std::uint8_t v) { return std::uint8_t(255 - v); });
  }
}

void expect(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "custom_dataset: wrong: %s\n", what);
  std::exit(1);
}

struct Seen {
  std::vector<int> times;  ///< by sample
  int inverted = 0;
  int faults = 0;
};

void look_at(const slabring::Batch& batch, Seen& seen) {
  const slabring::Tensor images = batch.images();
  for (std::size_t row = 0; row != batch.size(); ++row) {
    const std::uint64_t id = to_index(batch.ids()[row]);
    ++seen.times.at(id);
    if (batch.statuses()[row] != slabring::SampleStatus::ok) {
      ++seen.faults;
      expect(id == unreadable && batch.labels()[row] == -1, "which sample failed");
      continue;
    }
    expect(batch.labels()[row] == (id >= 100 ? 1 : 0), "a label");
    const std::uint8_t* const first = images.as<std::uint8_t>() + static_cast<std::ptrdiff_t>(row) * images.strides[0];
    expect(std::all_of(first, first + images.strides[0], [&](std::uint8_t v) { return v == *first; }), "a square");
    expect(*first == id || *first == 255 - id, "a grey level");
    seen.inverted += *first != id ? 1 : 0;
  }
  for (const slabring::SampleFault& fault : batch.faults()) {
    std::printf("left out: %s: %s\n", fault.source.c_str(), fault.message.c_str());
  }
}

}  // namespace

int main() {
  const GreySquares dataset;
  // Resizing fixes the shape of a row; the squares are one grey level, so it changes none.
  const slabring::Pipeline pipeline{slabring::Resize(slabring::Size(32)), slabring::Lambda(sometimes_invert)};
  slabring::LoaderOptions options;
  options.batch_size = 16;
  options.shuffle = true;
  options.on_error = slabring::OnError::mask;
  options.epochs = 1;
  options.workers = 2;
  options.start_method = slabring::StartMethod::fork;
  try {
    slabring::Loader loader(dataset, pipeline, options);
    Seen seen{std::vector<int>(dataset.size())};
    for (const slabring::Batch& batch : loader.epoch(0)) look_at(batch, seen);
    expect(std::all_of(seen.times.begin(), seen.times.end(), [](int n) { return n == 1; }), "each sample exactly once");
    expect(seen.faults == 1, "one fault");
    expect(seen.inverted > 60 && seen.inverted < 140, "about half of them inverted");
    std::printf("%llu samples, %d of them inverted, %d left out\n", static_cast<unsigned long long>(dataset.size()),
                seen.inverted, seen.faults);
  } catch (const slabring::Error& error) {
    std::fprintf(stderr, "custom_dataset: %s\n", error.what());
    return 1;
  }
  return 0;
}
