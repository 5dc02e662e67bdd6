#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.hpp"

namespace slabring {

/// What a slabring-worker that was started by hand asks of a coordinator. Fixed-size, so that a message of another
/// version is told by its length and its magic, whatever else changes.
struct AttachRequest {
  enum class Wish : std::uint32_t {
    join = 1,    ///< to be a worker
    detach = 2,  ///< that all who have joined leave
  };
  static constexpr std::uint64_t expected_magic = 0x316863617474616c;  // "lattach1", little-endian

  std::uint64_t magic = expected_magic;
  std::uint64_t abi = 0;  ///< ring::abi_hash()
  Wish wish{};
  char version[28] = {};  ///< zero-terminated unless hostile

  static AttachRequest for_wish(Wish wish) noexcept;
  /// A sentence that says why this is not a request of this version; empty: it is.
  std::string fault() const;
};

struct AttachReply {
  std::uint32_t accepted = 0;
  std::uint32_t number = 0;  ///< join: the slot; detach: how many leave
  char text[240] = {};       ///< refused: why

  static AttachReply refusal(std::string_view why) noexcept;
  std::string_view text_view() const noexcept;
};

/// Where a loader may be joined: a socket in the abstract namespace, "slabring/UID/TRAINER/COORDINATOR", which vanishes
/// with the coordinator. Anybody may connect to it, so both ends check who the other is.
struct AttachDoor {
  pid_t trainer = 0;
  pid_t coordinator = 0;

  std::string socket_name() const;
  /// Of this user. Nothing: `socket_name` is none.
  static std::optional<AttachDoor> parse(std::string_view socket_name);
};

/// The doors of this user whose trainer or coordinator is `pid`, by /proc/net/unix.
std::vector<AttachDoor> doors_of(pid_t pid);

/// Coordinator: non-blocking. Throws Error(process).
UniqueFd open_door(const AttachDoor& door);
/// The process at the other end when it connected (or, of a door, began to listen). Nothing: it is another user's, or
/// in a namespace whose processes have no number here.
std::optional<pid_t> peer_of(int socket) noexcept;
/// A descriptor of the process at the other end of `socket`, which peer_of() has named. Empty where the kernel cannot
/// say for certain.
UniqueFd pidfd_of_peer(int socket, pid_t peer) noexcept;

/// A worker's end. Throws Error(process): nobody is there, or it is not who it should be.
UniqueFd knock(const AttachDoor& door);

/// With descriptors, which the other end gets copies of. False: the other end is gone.
bool send_reply(int socket, const AttachReply& reply, std::span<const int> fds) noexcept;
/// Waits for it. Throws Error(process) when there is none, or it is malformed.
AttachReply receive_reply(int socket, std::vector<UniqueFd>& fds);

}  // namespace slabring
