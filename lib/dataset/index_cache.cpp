#include "dataset/index_cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <vector>

#include "base/fingerprint.hpp"
#include "base/memfd.hpp"

namespace slabring {
namespace {

/// Header | identity | about | table. In the machine's own byte order.
struct Header {
  std::uint64_t magic;
  std::uint64_t identity_bytes;
  std::uint64_t about_bytes;
  std::uint64_t table_bytes;
  std::uint64_t words_fingerprint;  ///< of identity and about
};
static_assert(sizeof(Header) == 40);
constexpr std::uint64_t magic = 0x31305844'49524253;  // "SBRIDX01"
constexpr std::uint64_t most_words = std::uint64_t{64} << 20;

std::filesystem::path default_folder() {
  const auto variable = [](const char* name) -> std::string_view {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): read only
    return value == nullptr ? "" : value;
  };
  if (const auto own = variable("SLABRING_CACHE"); !own.empty()) return own;
  if (const auto xdg = variable("XDG_CACHE_HOME"); !xdg.empty()) return std::filesystem::path(xdg) / "slabring";
  if (const auto home = variable("HOME"); !home.empty()) return std::filesystem::path(home) / ".cache/slabring";
  return {};
}

std::uint64_t fingerprint_of_text(std::string_view text) noexcept {
  return fingerprint_of(std::as_bytes(std::span(text)));
}

bool read_exactly(int fd, void* data, std::size_t bytes) noexcept {
  auto* to = static_cast<char*>(data);
  while (bytes > 0) {
    const ssize_t got = ::read(fd, to, bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    bytes -= static_cast<std::size_t>(got);
  }
  return true;
}

bool write_exactly(int fd, const void* data, std::size_t bytes) noexcept {
  const auto* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t put = ::write(fd, from, bytes);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    from += put;
    bytes -= static_cast<std::size_t>(put);
  }
  return true;
}

/// Copies in the kernel: tables have up to gigabytes. False when `bytes` did not come out.
bool copy_bytes(int to, int from, off_t* from_offset, std::uint64_t bytes) noexcept {
  while (bytes > 0) {
    const ssize_t done = ::sendfile(to, from, from_offset, bytes);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes -= static_cast<std::uint64_t>(done);
  }
  return true;
}

std::uint64_t size_of(int fd) noexcept {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

}  // namespace

IndexCache::IndexCache(const SourceOptions& options, std::string_view kind, std::string_view name, std::string identity)
    : identity_(std::move(identity)) {
  if (!options.keep_index) return;
  const std::filesystem::path folder = options.cache_folder.empty() ? default_folder() : options.cache_folder;
  if (!folder.empty()) file_ = folder / fmt::format("{}-{:016x}.index", kind, fingerprint_of_text(name));
}

std::optional<KeptIndex> IndexCache::load() const {
  if (file_.empty()) return std::nullopt;
  const UniqueFd fd(::open(file_.c_str(), O_RDONLY | O_CLOEXEC));
  Header header{};
  if (!fd || !read_exactly(fd.get(), &header, sizeof header) || header.magic != magic) return std::nullopt;
  if (header.identity_bytes != identity_.size() || header.about_bytes > most_words) return std::nullopt;
  const std::uint64_t before_table = sizeof header + header.identity_bytes + header.about_bytes;
  if (size_of(fd.get()) != before_table + header.table_bytes) return std::nullopt;
  std::string words(header.identity_bytes + header.about_bytes, '\0');
  if (!read_exactly(fd.get(), words.data(), words.size())) return std::nullopt;
  if (!words.starts_with(identity_) || fingerprint_of_text(words) != header.words_fingerprint) return std::nullopt;
  UniqueFd table = create_memfd("slabring-table");
  if (!copy_bytes(table.get(), fd.get(), nullptr, header.table_bytes)) return std::nullopt;
  add_seals(table.get(), read_only_seals);
  return KeptIndex{words.substr(identity_.size()), std::move(table)};
}

void IndexCache::keep(std::string_view about, int table) const noexcept try {
  if (file_.empty()) return;
  std::filesystem::create_directories(file_.parent_path());
  // Under a name of its own first: two programs may index the same source at the same time.
  std::string part = file_.native() + ".XXXXXX";
  const UniqueFd fd(::mkostemp(part.data(), O_CLOEXEC));
  if (!fd) return;
  const std::string words = identity_ + std::string(about);
  const Header header{magic, identity_.size(), about.size(), size_of(table), fingerprint_of_text(words)};
  off_t begin = 0;
  const bool whole = write_exactly(fd.get(), &header, sizeof header) &&
                     write_exactly(fd.get(), words.data(), words.size()) &&
                     copy_bytes(fd.get(), table, &begin, header.table_bytes);
  if (!whole || ::rename(part.c_str(), file_.c_str()) != 0) ::unlink(part.c_str());
} catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): as the header says
}

}  // namespace slabring
