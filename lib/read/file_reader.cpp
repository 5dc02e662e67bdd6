#include "read/file_reader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <system_error>

#include "base/sample_failure.hpp"
#include "base/unique_fd.hpp"

namespace slabring {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

/// O_NONBLOCK: a FIFO without a writer must not hang the worker. It has no effect on regular files.
UniqueFd open_for_reading(const std::string& path) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0)
    throw SampleFailure(SampleStatus::open_failed, fmt::format("the file cannot be opened: {}", reason(errno)));
  return UniqueFd(fd);
}

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "a special file";
}

std::size_t checked_size(int fd, std::uint64_t max_bytes) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    throw SampleFailure(SampleStatus::open_failed, fmt::format("the file cannot be examined: {}", reason(errno)));
  }
  if (!S_ISREG(status.st_mode)) {
    throw SampleFailure(SampleStatus::open_failed,
                        fmt::format("this is {}, where a regular file is needed", kind_of(status.st_mode)));
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size == 0) throw SampleFailure(SampleStatus::empty, "the file is empty");
  if (size > max_bytes) {
    throw SampleFailure(SampleStatus::too_large, fmt::format("the file has {} bytes, limit {}", size, max_bytes));
  }
  return static_cast<std::size_t>(size);
}

void read_all(int fd, std::span<std::byte> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      throw SampleFailure(SampleStatus::read_failed,
                          fmt::format("reading stopped after {} of {} bytes: {}", done, bytes.size(), reason(errno)));
    }
    if (count == 0) {
      throw SampleFailure(SampleStatus::read_failed,
                          fmt::format("the file shrank from {} to {} bytes while it was read", bytes.size(), done));
    }
    done += static_cast<std::size_t>(count);
  }
}

}  // namespace

std::span<const std::byte> FileReader::read(const std::string& path, std::uint64_t max_bytes) {
  const UniqueFd file = open_for_reading(path);
  const std::span<std::byte> bytes = room_for(checked_size(file.get(), max_bytes));
  read_all(file.get(), bytes);
  return bytes;
}

/// Not a std::vector: its resize() would write zeros over what pread() is about to fill.
std::span<std::byte> FileReader::room_for(std::size_t bytes) {
  const bool outlier_is_over = capacity_ > keep_bytes && bytes <= keep_bytes;
  if (bytes > capacity_ || outlier_is_over) {
    buffer_.reset();
    capacity_ = 0;
    try {
      buffer_ = std::make_unique_for_overwrite<std::byte[]>(bytes);
    } catch (const std::bad_alloc&) {
      throw SampleFailure(SampleStatus::out_of_memory, fmt::format("no memory for the {} bytes of the file", bytes));
    }
    capacity_ = bytes;
  }
  return {buffer_.get(), bytes};
}

void read_ahead(const char* path) noexcept {
  const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (file) ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_WILLNEED);
}

}  // namespace slabring
