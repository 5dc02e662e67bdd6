#include "dataset/kept_index.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <span>
#include <system_error>
#include <vector>

#include "base/fingerprint.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace slabring {

using kept_index::Footer;

namespace {

/// Tables have up to gigabytes, which pass through a buffer of this size.
constexpr std::size_t piece_bytes = std::size_t{1} << 20;

std::uint64_t size_of(int fd) noexcept {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && status.st_size > 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

/// False when the file ends before.
bool read_at(int fd, std::uint64_t offset, std::span<std::byte> to) noexcept {
  while (!to.empty()) {
    const ssize_t got = ::pread(fd, to.data(), to.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    offset += static_cast<std::uint64_t>(got);
    to = to.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

void write_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw std::system_error(errno, std::generic_category());
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

/// Gives the first `bytes` of `fd` to `take`, piece by piece, and returns their fingerprint; nullopt: it has fewer.
template <class Take>
std::optional<std::uint64_t> pass_through(int fd, std::uint64_t bytes, const Take& take) {
  XXH3_state_t state{};
  XXH3_64bits_reset(&state);
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, piece_bytes)));
  for (std::uint64_t done = 0; done < bytes;) {
    const auto piece =
        std::span(buffer).first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes - done, buffer.size())));
    if (!read_at(fd, done, piece)) return std::nullopt;
    XXH3_64bits_update(&state, piece.data(), piece.size());
    take(piece);
    done += piece.size();
  }
  return XXH3_64bits_digest(&state);
}

std::uint64_t words_fingerprint(std::string words, const Footer& footer) {
  words.append(reinterpret_cast<const char*>(&footer), offsetof(Footer, words_fingerprint));
  return fingerprint_of(std::as_bytes(std::span(words)));
}

}  // namespace

std::optional<KeptWords> read_kept_index(int fd, std::string_view identity) {
  const std::uint64_t size = size_of(fd);
  Footer footer{};
  if (size < sizeof footer) return std::nullopt;
  const std::uint64_t before_footer = size - sizeof footer;
  if (!read_at(fd, before_footer, std::as_writable_bytes(std::span(&footer, 1)))) return std::nullopt;
  if (footer.magic != kept_index::magic || footer.identity_bytes != identity.size()) return std::nullopt;
  // In this order nothing overflows.
  if (footer.about_bytes > kept_index::most_words || footer.table_bytes > before_footer) return std::nullopt;
  const std::uint64_t words_bytes = footer.identity_bytes + footer.about_bytes;
  if (before_footer - footer.table_bytes != words_bytes) return std::nullopt;

  std::string words(static_cast<std::size_t>(words_bytes), '\0');
  if (!read_at(fd, footer.table_bytes, std::as_writable_bytes(std::span(words)))) return std::nullopt;
  if (!words.starts_with(identity) || words_fingerprint(words, footer) != footer.words_fingerprint) return std::nullopt;
  const auto found = pass_through(fd, footer.table_bytes, [](std::span<const std::byte>) {});
  if (found != footer.table_fingerprint) return std::nullopt;
  return KeptWords{words.substr(identity.size()), footer.table_bytes};
}

void write_kept_index(int fd, std::string_view identity, std::string_view about, int table) {
  Footer footer{kept_index::magic, size_of(table), identity.size(), about.size(), 0, 0};
  const auto fingerprint =
      pass_through(table, footer.table_bytes, [fd](std::span<const std::byte> piece) { write_all(fd, piece); });
  if (!fingerprint) throw std::system_error(EIO, std::generic_category());
  footer.table_fingerprint = *fingerprint;
  std::string words(identity);
  words += about;
  footer.words_fingerprint = words_fingerprint(words, footer);
  write_all(fd, std::as_bytes(std::span(words)));
  write_all(fd, std::as_bytes(std::span(&footer, 1)));
}

}  // namespace slabring
