#pragma once

// Replaces operator new of the whole program by one that counts. Included by one source of a test, and by nothing else.
// What C code takes with malloc is not counted.

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {
std::atomic<int> allocations{0};
}

// Not inlined, for g++ warns of a free() that it has inlined under a new that it has not.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes)) return memory;  // NOLINT(cppcoreguidelines-no-malloc): this is operator new
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
