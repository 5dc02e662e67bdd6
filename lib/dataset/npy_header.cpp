#include "dataset/npy_header.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/sample_failure.hpp"

namespace slabring {
namespace {

[[noreturn]] void refuse(SampleStatus status, const std::string& why) { throw SampleFailure(status, why); }
[[noreturn]] void refuse_dictionary(const char* wanted) {
  refuse(SampleStatus::corrupt, fmt::format("its .npy header is no dictionary of descr, fortran_order and shape: {} is "
                                            "missing or out of place",
                                            wanted));
}

/// The text of the header, a Python literal, taken from the front.
class Literal {
 public:
  explicit Literal(std::string_view text) noexcept : rest_(text) {}

  bool take(char wanted) noexcept {
    skip_blanks();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char wanted, const char* what) {
    if (!take(wanted)) refuse_dictionary(what);
  }

  /// A string without escapes, which numpy's have none of.
  std::string_view string(const char* what) {
    skip_blanks();
    if (rest_.empty() || (rest_.front() != '\'' && rest_.front() != '"')) refuse_dictionary(what);
    const std::size_t end = rest_.find(rest_.front(), 1);
    if (end == std::string_view::npos) refuse_dictionary(what);
    const std::string_view value = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return value;
  }

  bool boolean() {
    skip_blanks();
    for (const auto& [word, value] : {std::pair<std::string_view, bool>{"True", true}, {"False", false}}) {
      if (!rest_.starts_with(word)) continue;
      rest_.remove_prefix(word.size());
      return value;
    }
    refuse_dictionary("True or False");
  }

  std::int64_t number() {
    skip_blanks();
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{} || value < 0) refuse_dictionary("a length of the shape");
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    take('L');  // Python 2 wrote long integers so
    return value;
  }

 private:
  void skip_blanks() noexcept {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n' || rest_.front() == '\t')) {
      rest_.remove_prefix(1);
    }
  }

  std::string_view rest_;
};

constexpr std::array<std::pair<std::string_view, DType>, 12> types{{{"u1", DType::u8},
                                                                    {"b1", DType::u8},
                                                                    {"i1", DType::i8},
                                                                    {"f2", DType::f16},
                                                                    {"f4", DType::f32},
                                                                    {"f8", DType::f64},
                                                                    {"i2", DType::i16},
                                                                    {"i4", DType::i32},
                                                                    {"i8", DType::i64},
                                                                    {"u2", DType::u16},
                                                                    {"u4", DType::u32},
                                                                    {"u8", DType::u64}}};

DType dtype_of(std::string_view descr) {
  const char order = descr.empty() ? '?' : descr.front();
  for (const auto& [name, dtype] : types) {
    if (descr.substr(1) != name) continue;
    if (order == '<' || order == '|' || (order == '>' && size_of(dtype) == 1)) return dtype;
    if (order == '>') {
      refuse(SampleStatus::unsupported,
             fmt::format("its elements are big-endian ('{}'); save array.astype('<{}')", descr, name));
    }
  }
  refuse(SampleStatus::unsupported,
         fmt::format("its element type '{}' is not read; must be bool, an integer or float of "
                     "1 to 8 bytes, little-endian",
                     descr));
}

Axes read_shape(Literal& text) {
  Axes shape;
  text.expect('(', "the shape");
  while (!text.take(')')) {
    if (shape.size() == Axes::most) {
      refuse(SampleStatus::unsupported, fmt::format("it has more than {} axes", Axes::most));
    }
    shape.push_back(text.number());
    if (text.take(',')) continue;
    text.expect(')', "the shape's end");
    break;
  }
  return shape;
}

void check_elements(const Axes& shape) {
  std::uint64_t elements = 1;
  for (const std::int64_t extent : shape) {
    if (extent == 0) refuse(SampleStatus::empty, "its array has no element");
    if (__builtin_mul_overflow(elements, static_cast<std::uint64_t>(extent), &elements) || elements >> 58 != 0) {
      refuse(SampleStatus::too_large, "its shape has more elements than any file");
    }
  }
}

NpyHeader read_dictionary(Literal text) {
  std::optional<DType> dtype;
  std::optional<bool> fortran_order;
  std::optional<Axes> shape;
  text.expect('{', "the opening brace");
  while (!text.take('}')) {
    const std::string_view key = text.string("a key");
    text.expect(':', "the colon after a key");
    if (key == "descr" && !dtype) {
      if (text.take('[')) refuse(SampleStatus::unsupported, "its elements are records of several fields");
      dtype = dtype_of(text.string("descr"));
    } else if (key == "fortran_order" && !fortran_order) {
      fortran_order = text.boolean();
    } else if (key == "shape" && !shape) {
      shape = read_shape(text);
    } else {
      refuse(SampleStatus::corrupt, fmt::format("its .npy header has the key \"{}\" that does not belong there", key));
    }
    if (text.take(',')) continue;
    text.expect('}', "the closing brace");
    break;
  }
  if (!dtype || !fortran_order || !shape) refuse_dictionary("one of the three");
  check_elements(*shape);
  if (*fortran_order && shape->size() > 1) {
    refuse(SampleStatus::unsupported, "its array is in Fortran order; save numpy.ascontiguousarray(array)");
  }
  return {*dtype, *shape, 0};
}

std::uint32_t number_at(std::span<const std::byte> bytes, std::size_t offset, std::size_t count) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value |= std::to_integer<std::uint32_t>(bytes[offset + i]) << (8 * i);
  return value;
}

}  // namespace

NpyHeader read_npy_header(std::span<const std::byte> bytes) {
  constexpr std::string_view magic("\x93NUMPY");
  if (bytes.empty()) refuse(SampleStatus::empty, "the file is empty");
  if (bytes.size() < magic.size() || std::memcmp(bytes.data(), magic.data(), magic.size()) != 0) {
    refuse(SampleStatus::unknown_format, "it does not begin as a .npy file does");
  }
  constexpr std::size_t before_length = 8;
  if (bytes.size() < before_length + 4) refuse(SampleStatus::truncated, "it ends within its .npy header");
  const auto version = std::to_integer<unsigned>(bytes[6]);
  if (version < 1 || version > 3) {
    refuse(SampleStatus::unsupported, fmt::format("it is of version {} of the .npy format; 1 to 3 are read", version));
  }
  const std::size_t width = version == 1 ? 2 : 4;
  const std::size_t begin = before_length + width;
  const std::size_t length = number_at(bytes, before_length, width);
  if (length > max_npy_header - begin) {
    refuse(SampleStatus::unsupported,
           fmt::format("its .npy header has {} bytes; at most {} are read", length, max_npy_header - begin));
  }
  if (length > bytes.size() - begin) refuse(SampleStatus::truncated, "it ends within its .npy header");
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + begin, length);
  NpyHeader header = read_dictionary(Literal(text));
  header.data_offset = begin + length;
  return header;
}

std::string npy_header_of(DType dtype, const Axes& shape) {
  constexpr std::size_t head_bytes = 10;
  constexpr std::size_t alignment = 64;
  const auto* const type =
      std::find_if(types.begin(), types.end(), [dtype](const auto& one) { return one.second == dtype; });
  // A comma behind every number, since (3) is no tuple.
  std::string text = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({},), }}",
                                 size_of(dtype) == 1 ? '|' : '<', type->first, fmt::join(shape, ", "));
  while ((head_bytes + text.size() + 1) % alignment != 0) text += ' ';
  text += '\n';
  return fmt::format("\x93NUMPY\x01{}{}{}{}", '\0', static_cast<char>(text.size() & 0xff),
                     static_cast<char>(text.size() >> 8), text);
}

}  // namespace slabring
