#pragma once

#include <cstddef>
#include <cstdint>

/// The memory layout of DLPack (https://dmlc.github.io/dlpack/latest/c_api.html), as far as it is needed to hand memory
/// out: versions 0 ("dltensor") and 1 ("dltensor_versioned"). Names are ours, offsets are the standard's.
namespace slabring::dlpack {

enum class DeviceType : std::int32_t { cpu = 1, cuda = 2, cuda_host = 3 };
enum class TypeCode : std::uint8_t {
  signed_integer = 0,
  unsigned_integer = 1,
  floating_point = 2,
  brain_floating_point = 4
};

struct Device {
  DeviceType type = DeviceType::cpu;
  std::int32_t id = 0;
};

struct ElementType {
  TypeCode code = TypeCode::unsigned_integer;
  std::uint8_t bits = 8;
  std::uint16_t lanes = 1;
};

struct View {
  void* data = nullptr;
  Device device;
  std::int32_t dimensions = 0;
  ElementType type;
  std::int64_t* shape = nullptr;
  std::int64_t* strides = nullptr;  ///< in elements; null: C order
  std::uint64_t byte_offset = 0;
};

struct Managed {
  View view;
  void* context = nullptr;
  void (*deleter)(Managed* self) = nullptr;
};

struct ManagedVersioned {
  std::uint32_t major = 1;
  std::uint32_t minor = 0;
  void* context = nullptr;
  void (*deleter)(ManagedVersioned* self) = nullptr;
  std::uint64_t flags = 0;
  View view;
};
inline constexpr std::uint64_t flag_copied = 2;

static_assert(offsetof(View, device) == 8 && offsetof(View, dimensions) == 16 && offsetof(View, type) == 20 &&
              offsetof(View, shape) == 24 && offsetof(View, strides) == 32 && sizeof(View) == 48);
static_assert(offsetof(Managed, context) == 48 && offsetof(Managed, deleter) == 56 && sizeof(Managed) == 64);
static_assert(offsetof(ManagedVersioned, context) == 8 && offsetof(ManagedVersioned, flags) == 24 &&
              offsetof(ManagedVersioned, view) == 32 && sizeof(ManagedVersioned) == 80);

}  // namespace slabring::dlpack
