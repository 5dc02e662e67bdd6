#include "plan/shared_array.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/memfd.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

[[noreturn]] void refuse(const char* call, std::size_t size, int error) {
  throw Error(ErrorCode::memory, fmt::format("a sampler's table of {} bytes cannot be made: {}: {}", size, call,
                                             std::generic_category().message(error)));
}

std::byte* map(int fd, std::size_t size, int protection) {
  void* at = ::mmap(nullptr, size, protection, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) refuse("mmap", size, errno);
  return static_cast<std::byte*>(at);
}

}  // namespace

SharedBytes::SharedBytes(std::size_t size, const std::function<void(std::span<std::byte>)>& fill) : size_(size) {
  const UniqueFd fd = create_memfd("slabring-sampler");
  // Allocated now: a page that cannot be had later would be a SIGBUS.
  if (const int error = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(size)); error != 0) {
    refuse("fallocate", size, error);
  }
  {
    const auto unmap = [size](std::byte* at) { ::munmap(at, size); };
    const std::unique_ptr<std::byte, decltype(unmap)> room(map(fd.get(), size, PROT_READ | PROT_WRITE), unmap);
    fill({room.get(), size});
  }
  add_seals(fd.get(), read_only_seals);
  bytes_ = {map(fd.get(), size, PROT_READ),
            [size](const std::byte* at) { ::munmap(const_cast<std::byte*>(at), size); }};
}

}  // namespace slabring
