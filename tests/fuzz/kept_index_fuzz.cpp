// Any bytes as the file of a kept index: not used, or everything that its table hands out lies inside.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/fingerprint.hpp"
#include "base/memfd.hpp"
#include "dataset/file_table.hpp"
#include "dataset/kept_index.hpp"
#include "slabring/error.hpp"

namespace {

using namespace slabring;
using kept_index::Footer;

constexpr std::string_view identity = "identity";

UniqueFd memfd_of(std::span<const std::byte> bytes) {
  UniqueFd fd = create_memfd("kept-index");
  if (!bytes.empty() && ::write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    std::abort();
  return fd;
}

/// Fingerprints that are right, or nothing behind them would ever be tried.
void mend(std::vector<std::byte>& file) {
  Footer footer{};
  if (file.size() < sizeof footer) return;
  const std::size_t before_footer = file.size() - sizeof footer;
  std::memcpy(&footer, file.data() + before_footer, sizeof footer);
  if (footer.table_bytes > before_footer) return;
  footer.table_fingerprint = fingerprint_of(std::span(file).first(footer.table_bytes));
  std::memcpy(file.data() + before_footer, &footer, sizeof footer);
  const auto words = std::span(file).subspan(footer.table_bytes);
  footer.words_fingerprint = fingerprint_of(words.first(words.size() - sizeof footer.words_fingerprint));
  std::memcpy(file.data() + before_footer, &footer, sizeof footer);
}

void read_all(UniqueFd fd) {
  add_seals(fd.get(), read_only_seals);
  try {
    const FileTable table(std::move(fd));
    const auto inside = table.contents();
    for (std::uint64_t i = 0; i < table.size(); ++i) {
      const std::string_view path = table.path(i);
      if (path.size() > inside.size()) std::abort();
      std::size_t zeros = 0;
      for (const char c : path) zeros += c == 0 ? 1 : 0;
      if (zeros > path.size() || table.label(i) > INT64_MAX - 1) std::abort();
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::dataset) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  std::vector<std::byte> file(bytes.begin(), bytes.end());
  for (const bool mended : {false, true}) {
    if (mended) mend(file);
    const UniqueFd fd = memfd_of(file);
    const auto words = read_kept_index(fd.get(), identity);
    if (!words) continue;
    if (words->table_bytes > size || words->about.size() > size) std::abort();
    read_all(memfd_of(std::span<const std::byte>(file).first(words->table_bytes)));
  }
  return 0;
}
