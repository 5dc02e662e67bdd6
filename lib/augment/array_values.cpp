#include "augment/array_values.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "augment/convert.hpp"

namespace slabring {
namespace {

enum class Half : std::uint16_t {};

/// Calls `with` with a value of the type that `dtype` stands for.
template <class With>
auto with_type(DType dtype, const With& with) {
  switch (dtype) {
    case DType::f16: return with(Half{});
    case DType::f32: return with(float{});
    case DType::bf16: return with(BFloat16{});
    case DType::f64: return with(double{});
    case DType::i8: return with(std::int8_t{});
    case DType::i16: return with(std::int16_t{});
    case DType::i32: return with(std::int32_t{});
    case DType::i64: return with(std::int64_t{});
    case DType::u16: return with(std::uint16_t{});
    case DType::u32: return with(std::uint32_t{});
    case DType::u64: return with(std::uint64_t{});
    default: return with(std::uint8_t{});
  }
}

template <class Value>
constexpr bool is_fraction = !std::is_integral_v<Value>;

template <class From, class To>
constexpr bool fits = is_fraction<To> ||
                      (!is_fraction<From> && !is_fraction<To> &&
                       std::numeric_limits<To>::digits >= std::numeric_limits<From>::digits &&
                       (std::numeric_limits<To>::is_signed || !std::numeric_limits<From>::is_signed));

// Views of files and of users need not be aligned.
template <class Value>
Value value_at(const std::byte* values, std::size_t index) noexcept {
  Value value;
  std::memcpy(&value, values + index * sizeof(Value), sizeof value);
  return value;
}

template <class Value>
auto number_of(Value value) noexcept {
  if constexpr (std::is_same_v<Value, Half>) {
    return from_half(static_cast<std::uint16_t>(value));
  } else if constexpr (std::is_same_v<Value, BFloat16>) {
    return from_bfloat16(value);
  } else {
    return value;
  }
}

// To the odd neighbour where float has no such value, so that rounding it once more gives what rounding once would.
float rounded_to_odd(double value) noexcept {
  const auto nearest = static_cast<float>(value);
  if (std::isnan(nearest) || std::isinf(value) || static_cast<double>(nearest) == value) return nearest;
  auto bits = std::bit_cast<std::uint32_t>(nearest);
  if (std::fabs(static_cast<double>(nearest)) > std::fabs(value)) --bits;
  return std::bit_cast<float>(bits | 1);
}

template <class Value, class Number>
Value value_of(Number number) noexcept {
  if constexpr (std::is_same_v<Value, Half> || std::is_same_v<Value, BFloat16>) {
    float value;
    if constexpr (std::is_same_v<Number, float> || (std::is_integral_v<Number> && sizeof(Number) <= 2)) {
      value = static_cast<float>(number);
    } else {
      value = rounded_to_odd(static_cast<double>(number));
    }
    if constexpr (std::is_same_v<Value, Half>) return Half{to_half(value)};
    if constexpr (std::is_same_v<Value, BFloat16>) return to_bfloat16(value);
  } else {
    return static_cast<Value>(number);
  }
}

template <class From, class To>
void convert_values(const std::byte* values, std::size_t count, std::byte* row) {
  To* const out = reinterpret_cast<To*>(row);
  for (std::size_t i = 0; i < count; ++i) out[i] = value_of<To>(number_of(value_at<From>(values, i)));
}

// Sums of several lanes, so that the compiler may use vectors and every machine adds in the same order.
template <class Value, class Term>
double sum_of(const std::byte* values, std::size_t count, const Term& term) {
  constexpr std::size_t lanes = 8;
  std::array<double, lanes> sums{};
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      sums[lane] += term(static_cast<double>(number_of(value_at<Value>(values, i + lane))));
    }
  }
  for (std::size_t lane = 0; i < count; ++i, ++lane) {
    sums[lane] += term(static_cast<double>(number_of(value_at<Value>(values, i))));
  }
  double sum = 0.0;
  for (const double part : sums) sum += part;
  return sum;
}

template <class From, class To>
void standardize_values(const std::byte* values, std::size_t count, double epsilon, std::byte* row) {
  const auto all = static_cast<double>(count);
  const double mean = sum_of<From>(values, count, [](double value) { return value; }) / all;
  const double variance =
      sum_of<From>(values, count, [mean](double value) { return (value - mean) * (value - mean); }) / all;
  const double divisor = std::sqrt(variance) + epsilon;
  To* const out = reinterpret_cast<To*>(row);
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = value_of<To>((static_cast<double>(number_of(value_at<From>(values, i))) - mean) / divisor);
  }
}

// Calls `with` with a value of each of the two types.
template <class With>
auto with_types(DType from, DType to, const With& with) {
  return with_type(from, [&](auto source) { return with_type(to, [&](auto target) { return with(source, target); }); });
}

}  // namespace

bool can_convert(DType from, DType to) noexcept {
  return with_types(from, to, [](auto source, auto target) { return fits<decltype(source), decltype(target)>; });
}

ConvertValues* conversion(DType from, DType to) noexcept {
  return with_types(from, to, [](auto source, auto target) -> ConvertValues* {
    using From = decltype(source);
    using To = decltype(target);
    if constexpr (fits<From, To> && !std::is_same_v<From, To>) return &convert_values<From, To>;
    return nullptr;
  });
}

StandardizeValues* standardization(DType from, DType to) noexcept {
  return with_types(from, to, [](auto source, auto target) -> StandardizeValues* {
    using To = decltype(target);
    if constexpr (is_fraction<To>) return &standardize_values<decltype(source), To>;
    return nullptr;
  });
}

}  // namespace slabring
