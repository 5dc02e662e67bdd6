#include "process/attach_client.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "process/attach_socket.hpp"
#include "process/worker_setup.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

std::vector<AttachDoor> find_doors(pid_t pid) {
  std::vector<AttachDoor> doors = doors_of(pid);
  if (!doors.empty()) return doors;
  throw Error(ErrorCode::process,
              fmt::format("process {} has no loader of this user that workers may join; its option attachable must be "
                          "1 or more, and its start_method forkserver or spawn",
                          pid));
}

AttachReply ask(int socket, AttachRequest::Wish wish, std::vector<UniqueFd>& fds) {
  const AttachRequest request = AttachRequest::for_wish(wish);
  if (send(socket, &request, sizeof request, MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof request)) {
    throw Error(ErrorCode::process, "the coordinator has ended");
  }
  AttachReply reply = receive_reply(socket, fds);
  if (reply.accepted != 1) throw Error(ErrorCode::process, fmt::format("the loader says no: {}", reply.text_view()));
  return reply;
}

}  // namespace

Membership join_loader(pid_t pid) {
  const std::vector<AttachDoor> doors = find_doors(pid);
  if (doors.size() > 1) {
    std::string coordinators;
    for (const AttachDoor& door : doors) {
      coordinators += fmt::format("{}{}", coordinators.empty() ? "" : ", ", door.coordinator);
    }
    throw Error(ErrorCode::process, fmt::format("process {} has {} loaders that workers may join; name one by its "
                                                "coordinator: {}",
                                                pid, doors.size(), coordinators));
  }
  Membership membership;
  membership.trainer = doors.front().trainer;
  // Before anything is given, so that whoever holds the outfit dies with the coordinator; and a connection of its own,
  // since a message would be taken for the end.
  membership.lifeline = knock(doors.front());
  die_with_peer(membership.lifeline.get());
  const UniqueFd socket = knock(doors.front());
  membership.slot = ask(socket.get(), AttachRequest::Wish::join, membership.outfit).number;
  if (membership.outfit.size() < static_cast<std::size_t>(tables_fd - setup_fd)) {
    throw Error(ErrorCode::process, "the coordinator gave fewer descriptors than a worker needs");
  }
  return membership;
}

std::uint32_t detach_workers(pid_t pid) {
  std::uint32_t count = 0;
  for (const AttachDoor& door : find_doors(pid)) {
    const UniqueFd socket = knock(door);
    std::vector<UniqueFd> none;
    count += ask(socket.get(), AttachRequest::Wish::detach, none).number;
  }
  return count;
}

bool die_with_peer(int socket) noexcept {
  const int flags = fcntl(socket, F_GETFL) | O_NONBLOCK;
  fcntl(socket, F_SETFL, flags);
  return fcntl(socket, F_SETOWN, getpid()) == 0 && fcntl(socket, F_SETSIG, SIGKILL) == 0 &&
         fcntl(socket, F_SETFL, flags | O_ASYNC) == 0;
}

bool has_closed(int socket) noexcept {
  char nothing = 0;
  const ssize_t got = read(socket, &nothing, 1);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
}

}  // namespace slabring
