#pragma once

#include <fcntl.h>

#include "base/unique_fd.hpp"

namespace slabring {

/// Memory without a name: gone with its last descriptor and mapping, not bounded by the size of /dev/shm. What makes a
/// memfd knows nothing of what lies in it.

/// A new, empty memfd that may be sealed and never executed. `name` shows up in /proc/PID/maps, nowhere else.
/// Throws Error(io).
UniqueFd create_memfd(const char* name);

/// Another process may not change the size, so a checked mapping never faults; nor add or remove seals.
inline constexpr int fixed_size_seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
/// ... nor the bytes, so what was checked once stays true. Requires: no writable mapping exists any more.
inline constexpr int read_only_seals = fixed_size_seals | F_SEAL_WRITE;

/// Adds `seals`. Throws Error(io): EBUSY when the bytes are still mapped for writing.
void add_seals(int fd, int seals);

/// True when `fd` is a memfd that has all of `seals`.
bool has_seals(int fd, int seals) noexcept;

}  // namespace slabring
