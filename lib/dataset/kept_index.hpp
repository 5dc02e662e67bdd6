#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slabring {

/// The file of a kept index, in the machine's own byte order (it never leaves the machine):
///
///   table | identity | about | Footer
///
/// The table is a FlatTable and comes first, so that a descriptor of the file is one of the table, and its pages can be
/// mapped. `identity` is what the index was made from and how; `about`, whatever else belongs to it, as text.
namespace kept_index {

struct Footer {
  std::uint64_t magic;
  std::uint64_t table_bytes;
  std::uint64_t identity_bytes;
  std::uint64_t about_bytes;
  std::uint64_t table_fingerprint;  ///< XXH3-64
  std::uint64_t words_fingerprint;  ///< XXH3-64 of identity, about and all of this before it
};
static_assert(sizeof(Footer) == 48);

/// Its last digits are the version of the form; raise them with that of any table too.
inline constexpr std::uint64_t magic = 0x32305844'49524253;  // "SBRIDX02"
inline constexpr std::uint64_t most_words = std::uint64_t{64} << 20;

}  // namespace kept_index

/// What is in the file beside the table.
struct KeptWords {
  std::string about;
  std::uint64_t table_bytes = 0;
};

/// Reads all of the file once and compares it with its fingerprints, without mapping it. nullopt: not an index of this
/// identity, cut short, or damaged anywhere.
std::optional<KeptWords> read_kept_index(int fd, std::string_view identity);

/// Writes such a file from the beginning of `fd`, which is empty; `table` may be a memfd of any size. Throws
/// std::system_error.
void write_kept_index(int fd, std::string_view identity, std::string_view about, int table);

}  // namespace slabring
