#include "sync/futex.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace slabring {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t) &&
              std::atomic<std::uint32_t>::is_always_lock_free);

bool futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::chrono::milliseconds timeout) noexcept {
  timespec relative{};
  relative.tv_sec = timeout.count() / 1000;
  relative.tv_nsec = timeout.count() % 1000 * 1'000'000;
  const timespec* limit = timeout.count() < 0 ? nullptr : &relative;
  return syscall(SYS_futex, &word, FUTEX_WAIT, expected, limit, nullptr, 0) == 0 || errno != ETIMEDOUT;
}

int futex_wake(const std::atomic<std::uint32_t>& word, int count) noexcept {
  const long woken = syscall(SYS_futex, &word, FUTEX_WAKE, count, nullptr, nullptr, 0);
  return woken < 0 ? 0 : static_cast<int>(woken);
}

}  // namespace slabring
