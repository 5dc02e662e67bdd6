// Any bytes as a pack: the header is refused with Error(dataset), or everything that the index hands out lies inside.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "dataset/pack_index.hpp"
#include "slabring/error.hpp"

namespace {

using namespace slabring;

/// Nothing outside `all` may come out.
void look_at_everything(const PackIndex& index, const pack::Header& header, std::span<const std::byte> all) {
  for (std::uint64_t i = 0; i < index.size(); ++i) {
    const auto entry = index.entry(i);
    if (!entry) continue;
    if (entry->offset > all.size() || entry->bytes > all.size() - entry->offset) std::abort();
    const std::string_view name = index.name(*entry);
    const auto* begin = reinterpret_cast<const char*>(all.data()) + header.names_offset;
    if (name.data() < begin || name.size() > all.size()) std::abort();
    std::size_t zeros = 0;
    for (const char c : name) zeros += c == 0 ? 1 : 0;
    if (zeros > name.size()) std::abort();
  }
  if (index.about().size() > all.size()) std::abort();
  static_cast<void>(index.is_sound());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Aligned as a file is.
  std::vector<std::uint64_t> aligned(size / sizeof(std::uint64_t) + 1);
  if (size > 0) std::memcpy(aligned.data(), data, size);
  const std::span all(reinterpret_cast<const std::byte*>(aligned.data()), size);
  pack::Header header{};
  std::memcpy(&header, all.data(), std::min(size, sizeof header));
  for (const bool mend : {false, true}) {
    if (mend) {  // a checksum that is right, or nothing behind it would ever be tried
      header.header_checksum = header_checksum_of(header);
    }
    try {
      check_pack_header("pack", header, size);
      look_at_everything(PackIndex(header, all.subspan(header.names_offset)), header, all);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::dataset) std::abort();
    }
  }
  return 0;
}
