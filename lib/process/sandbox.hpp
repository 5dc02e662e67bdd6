#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace slabring {

/// The parts of the sandbox, as bits.
namespace sandbox_part {
inline constexpr std::uint32_t landlock = 1;  ///< no file but for reading, beneath given folders
inline constexpr std::uint32_t seccomp = 2;   ///< no system call but those that decoding takes
inline constexpr std::uint32_t limits = 4;    ///< no core file, no file grows, few descriptors, 4 GiB of data
inline constexpr std::uint32_t all = landlock | seccomp | limits;
/// Not a part: said by a worker that is done with entering what there is, or has nothing to enter.
inline constexpr std::uint32_t settled = 8;
}  // namespace sandbox_part

/// What this build and this kernel have. Nothing in builds with a sanitizer, whose run-time library needs more calls.
std::uint32_t sandbox_parts_available() noexcept;

/// Confines the calling process for the rest of its life to what a worker does once everything is mapped: reading files
/// beneath `roots`, memory, futexes. Returns the parts that are active; what is not available is left out.
///
/// A system call that is not allowed kills the process with SIGSYS, which the coordinator takes for a crash over the
/// sample in hand; a file elsewhere fails to open with EACCES. Requires: one thread.
std::uint32_t enter_sandbox(std::span<const std::string> roots) noexcept;

/// "landlock, seccomp, limits"; "off" for none.
std::string describe_sandbox(std::uint32_t parts);

}  // namespace slabring
