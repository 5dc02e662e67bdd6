#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace slabring {

/// The checksum of PNG chunks (ISO 3309, reflected polynomial 0xEDB88320).
std::uint32_t crc32(std::span<const std::byte> bytes) noexcept;

}  // namespace slabring
