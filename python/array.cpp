#include "array.hpp"

#include <cstring>
#include <utility>

namespace slabring::python {
namespace {

constexpr ElementKind uint8_kind{"uint8", "B", "|u1", 1, dlpack::TypeCode::unsigned_integer};
constexpr ElementKind float16_kind{"float16", "e", "<f2", 2, dlpack::TypeCode::floating_point};
// numpy and buffers have no such number, so they see two bytes each; DLPack has it.
constexpr ElementKind bfloat16_kind{"bfloat16", "2x", "|V2", 2, dlpack::TypeCode::brain_floating_point};
constexpr ElementKind float64_kind{"float64", "d", "<f8", 8, dlpack::TypeCode::floating_point};
constexpr ElementKind int8_kind{"int8", "b", "|i1", 1, dlpack::TypeCode::signed_integer};
constexpr ElementKind int16_kind{"int16", "h", "<i2", 2, dlpack::TypeCode::signed_integer};
constexpr ElementKind uint16_kind{"uint16", "H", "<u2", 2, dlpack::TypeCode::unsigned_integer};
constexpr ElementKind uint32_kind{"uint32", "I", "<u4", 4, dlpack::TypeCode::unsigned_integer};
constexpr ElementKind uint64_kind{"uint64", "Q", "<u8", 8, dlpack::TypeCode::unsigned_integer};
constexpr ElementKind float32_kind{"float32", "f", "<f4", 4, dlpack::TypeCode::floating_point};

/// What a consumer of DLPack holds: the array, and the numbers that its view points to.
template <class Header>
struct Exported {
  Header header;
  Array array;
  std::vector<std::int64_t> strides;  // in elements
};

template <class Header>
Header* exported(Array array) {
  auto* const whole = new Exported<Header>{{}, std::move(array), {}};
  for (const std::int64_t bytes : whole->array.strides()) {
    whole->strides.push_back(bytes / static_cast<std::int64_t>(whole->array.kind->bytes));
  }
  dlpack::View& view = whole->header.view;
  view.data = whole->array.data;
  view.device = whole->array.device;
  view.dimensions = static_cast<std::int32_t>(whole->array.shape.size());
  view.type = {whole->array.kind->code, static_cast<std::uint8_t>(whole->array.kind->bytes * 8), 1};
  view.shape = whole->array.shape.data();
  view.strides = whole->strides.data();
  whole->header.context = whole;
  whole->header.deleter = [](Header* self) { delete static_cast<Exported<Header>*>(self->context); };
  return &whole->header;
}

}  // namespace

const ElementKind int64_kind{"int64", "q", "<i8", 8, dlpack::TypeCode::signed_integer};
const ElementKind int32_kind{"int32", "i", "<i4", 4, dlpack::TypeCode::signed_integer};

const ElementKind& kind_of(DType dtype) noexcept {
  switch (dtype) {
    case DType::f16: return float16_kind;
    case DType::f32: return float32_kind;
    case DType::bf16: return bfloat16_kind;
    case DType::f64: return float64_kind;
    case DType::i8: return int8_kind;
    case DType::i16: return int16_kind;
    case DType::i32: return int32_kind;
    case DType::i64: return int64_kind;
    case DType::u16: return uint16_kind;
    case DType::u32: return uint32_kind;
    case DType::u64: return uint64_kind;
    default: return uint8_kind;
  }
}

std::size_t Array::elements() const noexcept {
  std::size_t product = 1;
  for (const std::int64_t extent : shape) product *= static_cast<std::size_t>(extent);
  return product;
}

std::vector<std::int64_t> Array::strides() const {
  std::vector<std::int64_t> strides(shape.size());
  auto step = static_cast<std::int64_t>(kind->bytes);
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

Array copy_of(const Array& like) {
  Array copy = copy_of(std::span<const std::byte>(like.data, like.bytes()), *like.kind);
  copy.shape = like.shape;
  return copy;
}

Array copy_of(std::span<const std::byte> values, const ElementKind& kind) {
  // At least a byte, so that an array without elements has an address.
  const std::shared_ptr<std::byte[]> memory(new std::byte[values.size() + 1]);
  if (!values.empty()) std::memcpy(memory.get(), values.data(), values.size());
  return {memory, memory.get(), &kind, {static_cast<std::int64_t>(values.size() / kind.bytes)}};
}

dlpack::Managed* as_dlpack(const Array& array) { return exported<dlpack::Managed>(array); }

dlpack::ManagedVersioned* as_versioned_dlpack(const Array& array, bool copied) {
  auto* const managed = exported<dlpack::ManagedVersioned>(array);
  if (copied) managed->flags |= dlpack::flag_copied;
  return managed;
}

}  // namespace slabring::python
