#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define SLABRING_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLABRING_ADDRESS_SANITIZER
#endif
#endif
#ifdef SLABRING_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

namespace slabring {

/// With AddressSanitizer: who touches these bytes from here on is reported, although they are allocated. For memory
/// that is kept from image to image and larger than the present one may use.
inline void poison([[maybe_unused]] const void* bytes, [[maybe_unused]] std::size_t count) noexcept {
#ifdef SLABRING_ADDRESS_SANITIZER
  __asan_poison_memory_region(bytes, count);
#endif
}

/// Takes it back; before the bytes are used again, and before they are freed.
inline void unpoison([[maybe_unused]] const void* bytes, [[maybe_unused]] std::size_t count) noexcept {
#ifdef SLABRING_ADDRESS_SANITIZER
  __asan_unpoison_memory_region(bytes, count);
#endif
}

}  // namespace slabring
