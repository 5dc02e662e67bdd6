#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace slabring {

/// Waits until `word` is woken while it still holds `expected`; between processes, so never FUTEX_PRIVATE. Returns
/// false only when `timeout` has passed; true may be spurious. A negative timeout waits without limit.
bool futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::chrono::milliseconds timeout) noexcept;

/// Wakes up to `count` waiters; returns how many there were.
int futex_wake(const std::atomic<std::uint32_t>& word, int count) noexcept;

}  // namespace slabring
