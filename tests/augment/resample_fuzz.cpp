// Some scale and pixels, for libFuzzer and for resample_fuzz_replay_test: the kernels of every instruction set give
// what the plain ones give, and neither read nor write further than they may (sanitizers see that).
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "augment/kernel_target.hpp"
#include "augment/resample.hpp"
#include "base/names.hpp"

namespace slabring {
namespace {

using Bytes = std::vector<std::uint8_t>;

// Takes numbers and pixels from the input; when it is used up, from its beginning again.
class Input {
 public:
  explicit Input(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  int number(int low, int high) {  // two bytes
    const int value = next() * 256 + next();
    return low + value % (high - low + 1);
  }
  Bytes pixels(std::size_t count) {
    Bytes pixels(count);
    for (std::uint8_t& pixel : pixels) pixel = next();
    return pixels;
  }

 private:
  std::uint8_t next() { return bytes_[at_++ % bytes_.size()]; }

  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

void require_equal(const Bytes& made, const Bytes& plain, const char* pass, const std::string& target) {
  if (made == plain) return;
  std::fprintf(stderr, "the %s pass differs from the plain one with %s\n", pass, target.c_str());
  std::abort();
}

AxisScale scale_of(Input& input) {
  AxisScale scale;
  scale.in = input.number(1, 700);
  scale.out = input.number(1, 300);
  scale.first = input.number(0, scale.out - 1);
  scale.count = input.number(1, scale.out - scale.first);
  scale.interpolation =
      static_cast<Interpolation>(input.number(0, static_cast<int>(names_of<Interpolation>().size()) - 1));
  return scale;
}

void check_rows(const AxisScale& scale, Input& input, const std::string& target) {
  RowFilter filter;
  filter.prepare(scale, input.number(1, 4));
  const PixelSpan support = scale.support();
  const auto bytes =
      static_cast<std::size_t>(support.end - support.begin) * static_cast<std::size_t>(filter.channels());
  std::array<Bytes, rows_at_once> rows;
  std::array<Bytes, rows_at_once> out;
  std::array<const std::uint8_t*, rows_at_once> from;
  std::array<std::uint8_t*, rows_at_once> to;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    rows[r] = input.pixels(bytes + bytes_beyond_row);
    out[r].resize(filter.out_bytes() + bytes_beyond_row);
    from[r] = rows[r].data();
    to[r] = out[r].data();
  }
  resample_rows(from.data(), filter, to.data());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    Bytes plain(filter.out_bytes());
    plain::resample_row(from[r], filter.channels(), filter.axis(), filter.count(), plain.data());
    out[r].resize(plain.size());
    require_equal(out[r], plain, "horizontal", target);
  }
}

void check_blend(const AxisScale& scale, Input& input, const std::string& target) {
  AxisFilter filter;
  filter.prepare(scale);
  const int y = input.number(0, scale.count - 1);
  const auto bytes = static_cast<std::size_t>(input.number(1, 100));
  std::vector<Bytes> rows;
  std::vector<const std::uint8_t*> from;
  for (int i = 0; i < 2 * filter.pairs(); ++i) {
    rows.push_back(input.pixels(bytes));
    from.push_back(rows.back().data());
  }
  Bytes out(bytes);
  Bytes plain(bytes);
  blend_rows(from.data(), filter, y, bytes, out.data());
  plain::blend_rows(from.data(), filter, y, bytes, plain.data());
  require_equal(out, plain, "vertical", target);
}

void check(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return;
  static const std::vector<std::string> targets = kernel_targets();
  for (const std::string& target : targets) {
    choose_kernel_target(target);
    Input input(bytes);
    const AxisScale scale = scale_of(input);
    check_rows(scale, input, target);
    check_blend(scale, input, target);
  }
  choose_kernel_target("");
}

}  // namespace
}  // namespace slabring

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slabring::check({data, size});
  return 0;
}
