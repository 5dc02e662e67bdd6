#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "slabring/options.hpp"
#include "slabring/tensor.hpp"
#include "slabring/transform.hpp"

namespace slabring {

/// The words of an enum as files, the command line and messages spell them, in the order of their values. to_string()
/// and value_of() both read from here.
template <class Enum>
std::span<const std::string_view> names_of() noexcept;

template <>
std::span<const std::string_view> names_of<DType>() noexcept;
template <>
std::span<const std::string_view> names_of<Layout>() noexcept;
template <>
std::span<const std::string_view> names_of<Interpolation>() noexcept;
template <>
std::span<const std::string_view> names_of<PaddingMode>() noexcept;
template <>
std::span<const std::string_view> names_of<AutoAugmentPolicy>() noexcept;
template <>
std::span<const std::string_view> names_of<StartMethod>() noexcept;
template <>
std::span<const std::string_view> names_of<OnError>() noexcept;
template <>
std::span<const std::string_view> names_of<Sandbox>() noexcept;
template <>
std::span<const std::string_view> names_of<JpegDecoding>() noexcept;
template <>
std::span<const std::string_view> names_of<JpegScale>() noexcept;
template <>
std::span<const std::string_view> names_of<Uneven>() noexcept;

/// The value that is spelled so, if any.
template <class Enum>
std::optional<Enum> value_of(std::string_view name) noexcept {
  const auto names = names_of<Enum>();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

/// "nchw, nhwc": for messages that say what is allowed.
std::string joined(std::span<const std::string_view> names);

}  // namespace slabring
