#include "dataset/data_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <memory>
#include <system_error>
#include <utility>

#include "base/memfd.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw Error(ErrorCode::dataset, fmt::format("{} {}", name, why));
}

std::string reason() { return std::generic_category().message(errno); }

FileMapping map_file(const std::string& name) {
  const UniqueFd fd(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) refuse(name, "cannot be opened: " + reason());
  if (!S_ISREG(status.st_mode)) refuse(name, "is no file");
  if (status.st_size == 0) refuse(name, "is empty");
  return {fd.get(), static_cast<std::size_t>(status.st_size)};
}

bool is_gzip(std::span<const std::byte> bytes) noexcept {
  return bytes.size() > 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

void write_all(int fd, std::span<const std::byte> bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) refuse(name, "cannot be unpacked into memory: " + reason());
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

/// zlib's state for one file.
class Inflater {
 public:
  explicit Inflater(const std::string& name) : name_(name) {
    constexpr int gzip_of_any_window = 16 + MAX_WBITS;
    if (::inflateInit2(&stream_, gzip_of_any_window) != Z_OK) refuse(name_, "cannot be unpacked: zlib has no memory");
  }
  ~Inflater() { ::inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Gives the unpacked bytes piece by piece. A file may have several members, as `cat a.gz b.gz` makes.
  template <class Take>
  void run(std::span<const std::byte> packed, const Take& take) {
    constexpr std::size_t piece = std::size_t{1} << 18;
    const auto out = std::make_unique_for_overwrite<std::byte[]>(piece);
    for (bool ended = false; !ended || !packed.empty();) {
      if (ended) ::inflateReset(&stream_);
      const std::size_t given = std::min<std::size_t>(packed.size(), std::numeric_limits<uInt>::max());
      // zlib reads through this pointer only.
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
      stream_.avail_in = static_cast<uInt>(given);
      stream_.next_out = reinterpret_cast<Bytef*>(out.get());
      stream_.avail_out = static_cast<uInt>(piece);
      const int result = ::inflate(&stream_, Z_NO_FLUSH);
      if (result == Z_BUF_ERROR || (result == Z_OK && packed.empty() && stream_.avail_out == piece)) {
        refuse(name_, "ends within its gzip data; it was not copied whole");
      }
      if (result != Z_OK && result != Z_STREAM_END) {
        refuse(name_, fmt::format("is a damaged gzip file: {}", stream_.msg != nullptr ? stream_.msg : "no data"));
      }
      packed = packed.subspan(given - stream_.avail_in);
      take(std::span<const std::byte>(out.get(), piece - stream_.avail_out));
      ended = result == Z_STREAM_END;
    }
  }

 private:
  const std::string& name_;
  z_stream stream_{};
};

UniqueFd unpack(const std::string& name, std::span<const std::byte> packed) {
  UniqueFd fd = create_memfd("slabring-unpacked");
  std::size_t bytes = 0;
  Inflater(name).run(packed, [&](std::span<const std::byte> piece) {
    bytes += piece.size();
    if (bytes > DataFile::max_unpacked_bytes) {
      refuse(name, fmt::format("is more than {} bytes long when it is unpacked", DataFile::max_unpacked_bytes));
    }
    write_all(fd.get(), piece, name);
  });
  if (bytes == 0) refuse(name, "is empty when it is unpacked");
  add_seals(fd.get(), read_only_seals);
  return fd;
}

FileMapping map_unpacked(const std::string& name, int fd) {
  struct stat status {};
  if (!has_seals(fd, read_only_seals) || ::fstat(fd, &status) != 0 || status.st_size <= 0) {
    refuse(name, "was not unpacked into sealed, read-only memory");
  }
  return {fd, static_cast<std::size_t>(status.st_size)};
}

}  // namespace

DataFile::DataFile(std::string name) : name_(std::move(name)), mapping_(map_file(name_)) {
  if (!is_gzip(mapping_.bytes())) return;
  unpacked_ = unpack(name_, mapping_.bytes());
  mapping_ = map_unpacked(name_, unpacked_.get());
}

DataFile::DataFile(std::string name, UniqueFd unpacked)
    : name_(std::move(name)), unpacked_(std::move(unpacked)), mapping_(map_unpacked(name_, unpacked_.get())) {}

}  // namespace slabring
