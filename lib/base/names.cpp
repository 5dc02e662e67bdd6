#include "base/names.hpp"

#include <array>

namespace slabring {
namespace {

constexpr std::array<std::string_view, 12> dtype_names{"u8",  "f16", "f32", "bf16", "f64", "i8",
                                                       "i16", "i32", "i64", "u16",  "u32", "u64"};
constexpr std::array<std::string_view, 2> layout_names{"nchw", "nhwc"};
constexpr std::array<std::string_view, 6> interpolation_names{"nearest", "box",     "bilinear",
                                                              "hamming", "bicubic", "lanczos"};
constexpr std::array<std::string_view, 4> padding_mode_names{"constant", "edge", "reflect", "symmetric"};
constexpr std::array<std::string_view, 3> policy_names{"imagenet", "cifar10", "svhn"};
constexpr std::array<std::string_view, 3> start_method_names{"forkserver", "spawn", "fork"};
// The first is `raise` in C++, where throw is a keyword.
constexpr std::array<std::string_view, 3> on_error_names{"throw", "mask", "substitute"};

constexpr std::array<std::string_view, 3> sandbox_names{"automatic", "strict", "off"};
constexpr std::array<std::string_view, 2> jpeg_decoding_names{"native", "libjpeg"};
constexpr std::array<std::string_view, 2> jpeg_scale_names{"exact", "fast"};
constexpr std::array<std::string_view, 3> uneven_names{"pad", "drop", "exact"};

// Names stand in the order of the values; these would fail if somebody reordered an enum.
static_assert(static_cast<int>(DType::u64) == 11 && static_cast<int>(Layout::nhwc) == 1);
static_assert(static_cast<int>(Interpolation::bilinear) == 2 && static_cast<int>(Interpolation::lanczos) == 5);
static_assert(static_cast<int>(PaddingMode::edge) == 1 && static_cast<int>(PaddingMode::symmetric) == 3);
static_assert(static_cast<int>(AutoAugmentPolicy::svhn) == 2);
static_assert(static_cast<int>(StartMethod::fork) == 2 && static_cast<int>(OnError::substitute) == 2);
static_assert(static_cast<int>(Sandbox::strict) == 1 && static_cast<int>(JpegDecoding::libjpeg) == 1 &&
              static_cast<int>(JpegScale::fast) == 1 && static_cast<int>(Uneven::exact) == 2);

template <class Enum>
std::string_view name_of(Enum value) noexcept {
  const auto names = names_of<Enum>();
  const auto index = static_cast<std::size_t>(value);
  return index < names.size() ? names[index] : "unknown";
}

}  // namespace

template <>
std::span<const std::string_view> names_of<DType>() noexcept {
  return dtype_names;
}
template <>
std::span<const std::string_view> names_of<Layout>() noexcept {
  return layout_names;
}
template <>
std::span<const std::string_view> names_of<Interpolation>() noexcept {
  return interpolation_names;
}
template <>
std::span<const std::string_view> names_of<PaddingMode>() noexcept {
  return padding_mode_names;
}
template <>
std::span<const std::string_view> names_of<AutoAugmentPolicy>() noexcept {
  return policy_names;
}
template <>
std::span<const std::string_view> names_of<StartMethod>() noexcept {
  return start_method_names;
}
template <>
std::span<const std::string_view> names_of<OnError>() noexcept {
  return on_error_names;
}
template <>
std::span<const std::string_view> names_of<Sandbox>() noexcept {
  return sandbox_names;
}
template <>
std::span<const std::string_view> names_of<JpegDecoding>() noexcept {
  return jpeg_decoding_names;
}
template <>
std::span<const std::string_view> names_of<JpegScale>() noexcept {
  return jpeg_scale_names;
}
template <>
std::span<const std::string_view> names_of<Uneven>() noexcept {
  return uneven_names;
}

std::string_view to_string(DType dtype) noexcept { return name_of(dtype); }
std::string_view to_string(Layout layout) noexcept { return name_of(layout); }
std::string_view to_string(Interpolation interpolation) noexcept { return name_of(interpolation); }
std::string_view to_string(PaddingMode mode) noexcept { return name_of(mode); }
std::string_view to_string(AutoAugmentPolicy policy) noexcept { return name_of(policy); }
std::string_view to_string(StartMethod method) noexcept { return name_of(method); }
std::string_view to_string(OnError policy) noexcept { return name_of(policy); }
std::string_view to_string(Sandbox sandbox) noexcept { return name_of(sandbox); }
std::string_view to_string(JpegDecoding decoding) noexcept { return name_of(decoding); }
std::string_view to_string(JpegScale scale) noexcept { return name_of(scale); }
std::string_view to_string(Uneven uneven) noexcept { return name_of(uneven); }

std::string joined(std::span<const std::string_view> names) {
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

}  // namespace slabring
