#include "process/ring_memory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <numeric>
#include <utility>

#include "base/memfd.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

constexpr double mebibyte = 1024.0 * 1024.0;

/// The killer of a full control group does not ask who is to blame, and fallocate() there is no error but a kill: so
/// the arithmetic comes first.
void check_headroom(const ring::Shape& shape, const CgroupPaths& paths) {
  const std::uint64_t needed = ring::control_bytes(shape) + ring::data_bytes(shape);
  const MemoryHeadroom headroom = memory_headroom(paths);
  if (needed <= headroom.available()) return;
  throw Error(
      ErrorCode::memory,
      fmt::format("the ring does not fit: {} with its control words {:.1f} MiB, but {} leaves {:.1f} MiB "
                  "(limit {:.1f} MiB, in use {:.1f} MiB); choose a smaller prefetch or batch_size",
                  describe_ring_size(shape), static_cast<double>(needed) / mebibyte, headroom.origin,
                  static_cast<double>(headroom.available()) / mebibyte, static_cast<double>(headroom.limit) / mebibyte,
                  static_cast<double>(headroom.used) / mebibyte));
}

UniqueFd sized_memfd(const char* name, std::size_t size) {
  UniqueFd fd = create_memfd(name);
  if (ftruncate(fd.get(), static_cast<off_t>(size)) != 0) {
    throw Error(ErrorCode::memory,
                fmt::format("cannot size the ring's {} to {} bytes: {}", name, size, std::strerror(errno)));
  }
  return fd;
}

void allocate_and_seal(int fd, std::size_t size) {
  int result = 0;
  do {
    result = fallocate(fd, 0, 0, static_cast<off_t>(size));
  } while (result != 0 && errno == EINTR);
  if (result != 0) {
    throw Error(ErrorCode::memory,
                fmt::format("cannot allocate {:.1f} MiB for the ring: {}; choose a smaller prefetch or batch_size",
                            static_cast<double>(size) / mebibyte, std::strerror(errno)));
  }
  // A shrink under a reader would be a SIGBUS; with the seal it is an error of whoever tries.
  if (!has_seals(fd, fixed_size_seals)) add_seals(fd, fixed_size_seals);
}

std::size_t size_of_fd(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 && status.st_size > 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

}  // namespace

std::string describe_ring_size(const ring::Shape& shape) {
  const std::uint64_t row_bytes =
      std::accumulate(shape.extra_row_bytes.begin(), shape.extra_row_bytes.end(), shape.row_bytes);
  return fmt::format("prefetch {} x batch_size {} x {} bytes a row = {:.1f} MiB,", shape.slabs, shape.batch_size,
                     row_bytes, static_cast<double>(ring::data_bytes(shape)) / mebibyte);
}

RingMemory RingMemory::create(const ring::Shape& shape, const CgroupPaths& paths) {
  if (const char* reason = ring::check(shape)) {
    throw Error(ErrorCode::memory, fmt::format("there can be no such ring: {}", reason));
  }
  check_headroom(shape, paths);
  RingMemory memory;
  memory.control_fd_ = sized_memfd("slabring-control", ring::control_bytes(shape));
  memory.data_fd_ = sized_memfd("slabring-data", ring::data_bytes(shape));
  memory.control_ = MappedMemory(memory.control_fd_.get(), ring::control_bytes(shape));
  memory.data_ = MappedMemory(memory.data_fd_.get(), ring::data_bytes(shape));
  memory.view_ = ring::View(shape, memory.control_.bytes().data(), memory.data_.bytes().data());
  return memory;
}

RingMemory RingMemory::attach(UniqueFd control, UniqueFd data) {
  RingMemory memory;
  memory.control_fd_ = std::move(control);
  memory.data_fd_ = std::move(data);
  const std::size_t control_size = size_of_fd(memory.control_fd_.get());
  const std::size_t data_size = size_of_fd(memory.data_fd_.get());
  ring::Header header{};
  if (pread(memory.control_fd_.get(), &header, sizeof header, 0) != static_cast<ssize_t>(sizeof header)) {
    throw Error(ErrorCode::process, "the ring's control memory cannot be read");
  }
  if (const char* reason = ring::View::check(header, control_size, data_size)) {
    throw Error(ErrorCode::process, fmt::format("this is no ring to join: {}", reason));
  }
  memory.control_ = MappedMemory(memory.control_fd_.get(), control_size);
  memory.data_ = MappedMemory(memory.data_fd_.get(), data_size);
  memory.view_ = ring::View(header.shape, memory.control_.bytes().data(), memory.data_.bytes().data());
  return memory;
}

void RingMemory::commit() {
  allocate_and_seal(control_fd_.get(), control_.bytes().size());
  allocate_and_seal(data_fd_.get(), data_.bytes().size());
}

void RingMemory::close_descriptors() noexcept {
  control_fd_.reset();
  data_fd_.reset();
}

}  // namespace slabring
