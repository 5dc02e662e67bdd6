#include "base/memfd.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cerrno>
#include <system_error>

#include "slabring/error.hpp"

namespace slabring {
namespace {

// Linux 6.3; missing from the headers of Debian 12. With vm.memfd_noexec=2 the kernel refuses a memfd without it.
constexpr unsigned noexec_seal = 0x0008U;

[[noreturn]] void refuse(const char* call, std::string_view what, int error) {
  throw Error(ErrorCode::io, fmt::format("{} {}: {}", call, what, std::generic_category().message(error)));
}

}  // namespace

UniqueFd create_memfd(const char* name) {
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  int fd = ::memfd_create(name, flags | noexec_seal);
  if (fd < 0 && errno == EINVAL) fd = ::memfd_create(name, flags);
  if (fd < 0) refuse("memfd_create", name, errno);
  return UniqueFd(fd);
}

void add_seals(int fd, int seals) {
  if (::fcntl(fd, F_ADD_SEALS, seals) != 0) refuse("F_ADD_SEALS on descriptor", fmt::format("{}", fd), errno);
}

bool has_seals(int fd, int seals) noexcept {
  const int present = ::fcntl(fd, F_GET_SEALS);
  return present >= 0 && (present & seals) == seals;
}

}  // namespace slabring
