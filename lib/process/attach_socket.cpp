#include "process/attach_socket.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <utility>

#include "process/child_process.hpp"
#include "ring/layout.hpp"
#include "slabring/error.hpp"
#include "slabring/version.hpp"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77  // Linux 6.5; missing from the headers of Debian 12
#endif

namespace slabring {
namespace {

constexpr std::size_t most_fds = 64;  ///< in one message; a dataset has one table or a few
constexpr int patience_ms = 10'000;

struct Address {
  sockaddr_un name{};
  socklen_t length = 0;
};

/// The first byte of sun_path is zero, and the name ends where the length says.
Address address_of(const AttachDoor& door) {
  Address address;
  address.name.sun_family = AF_UNIX;
  const std::string name = door.socket_name();
  const std::size_t length = std::min(name.size(), sizeof address.name.sun_path - 1);
  std::memcpy(address.name.sun_path + 1, name.data(), length);
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length);
  return address;
}

UniqueFd make_socket(int flags) {
  UniqueFd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0));
  if (!fd) throw Error(ErrorCode::process, fmt::format("cannot make a socket: {}", std::strerror(errno)));
  return fd;
}

template <class Number>
bool take_number(std::string_view& text, Number& number) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take(std::string_view& text, std::string_view expected) noexcept {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

void copy_text(std::span<char> to, std::string_view from) noexcept {
  const std::size_t length = from.copy(to.data(), to.size() - 1);
  to[length] = '\0';
}

/// Room for the descriptors of one message, aligned as the kernel wants it.
union FdMessage {
  cmsghdr header;
  std::array<char, CMSG_SPACE(most_fds * sizeof(int))> bytes;
};

void take_fds(msghdr& message, std::vector<UniqueFd>& fds) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      fds.emplace_back(fd);
    }
  }
}

}  // namespace

AttachRequest AttachRequest::for_wish(Wish wish) noexcept {
  AttachRequest request;
  request.abi = ring::abi_hash();
  request.wish = wish;
  copy_text(request.version, slabring::version());
  return request;
}

std::string AttachRequest::fault() const {
  if (magic != expected_magic) return "it is no request of slabring-worker";
  const std::string_view theirs(version, strnlen(version, sizeof version));
  if (theirs != slabring::version() || abi != ring::abi_hash()) {
    return fmt::format("slabring-worker is version {}, the loader's library is {}; a worker must be of the same build",
                       theirs, slabring::version());
  }
  if (wish != Wish::join && wish != Wish::detach) return "it asks for what is neither to join nor to detach";
  return {};
}

AttachReply AttachReply::refusal(std::string_view why) noexcept {
  AttachReply reply;
  copy_text(reply.text, why);
  return reply;
}

std::string_view AttachReply::text_view() const noexcept { return {text, strnlen(text, sizeof text)}; }

std::string AttachDoor::socket_name() const {
  return fmt::format("slabring/{}/{}/{}", geteuid(), trainer, coordinator);
}

std::optional<AttachDoor> AttachDoor::parse(std::string_view name) {
  AttachDoor door;
  uid_t user = 0;
  const bool sound = take(name, "slabring/") && take_number(name, user) && take(name, "/") &&
                     take_number(name, door.trainer) && take(name, "/") && take_number(name, door.coordinator) &&
                     name.empty();
  if (!sound || user != geteuid()) return std::nullopt;
  return door;
}

std::vector<AttachDoor> doors_of(pid_t pid) {
  std::vector<AttachDoor> doors;
  std::ifstream sockets("/proc/net/unix");
  for (std::string line; std::getline(sockets, line);) {
    const auto at = line.find('@');
    if (at == std::string::npos) continue;
    const auto door = AttachDoor::parse(std::string_view(line).substr(at + 1));
    if (!door || (door->trainer != pid && door->coordinator != pid)) continue;
    // A connection that was accepted has the name of its door too.
    const bool known = std::any_of(doors.begin(), doors.end(),
                                   [&](const AttachDoor& other) { return other.coordinator == door->coordinator; });
    if (!known) doors.push_back(*door);
  }
  return doors;
}

UniqueFd open_door(const AttachDoor& door) {
  UniqueFd fd = make_socket(SOCK_NONBLOCK);
  const Address address = address_of(door);
  constexpr int waiting = 16;
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address.name), address.length) != 0 ||
      listen(fd.get(), waiting) != 0) {
    throw Error(ErrorCode::process, fmt::format("cannot listen for workers that want to join at '{}': {}",
                                                door.socket_name(), std::strerror(errno)));
  }
  return fd;
}

std::optional<pid_t> peer_of(int socket) noexcept {
  ucred credentials{};
  socklen_t length = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return std::nullopt;
  if (credentials.uid != geteuid() || credentials.pid <= 0) return std::nullopt;
  return credentials.pid;
}

UniqueFd pidfd_of_peer(int socket, pid_t peer) noexcept {
  int exact = -1;
  socklen_t length = sizeof exact;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &exact, &length) == 0) return UniqueFd(exact);
  UniqueFd fd = open_pidfd(peer);
  // The number cannot have gone to another process while the peer still holds its end.
  pollfd entry{socket, POLLRDHUP, 0};
  if (poll(&entry, 1, 0) != 0) fd.reset();
  return fd;
}

UniqueFd knock(const AttachDoor& door) {
  UniqueFd fd = make_socket(0);
  const timeval patience{patience_ms / 1000, 0};  // where many want to join at once
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const Address address = address_of(door);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address.name), address.length) != 0) {
    throw Error(ErrorCode::process,
                fmt::format("cannot reach coordinator {}: {}", door.coordinator, std::strerror(errno)));
  }
  if (peer_of(fd.get()) != door.coordinator) {
    throw Error(ErrorCode::process, fmt::format("what listens at '{}' is not process {} of this user and pid namespace",
                                                door.socket_name(), door.coordinator));
  }
  return fd;
}

bool send_reply(int socket, const AttachReply& reply, std::span<const int> fds) noexcept {
  if (fds.size() > most_fds) return false;
  AttachReply copy = reply;
  iovec part{&copy, sizeof copy};
  FdMessage room{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = room.bytes.data();
    message.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == static_cast<ssize_t>(sizeof reply);
}

AttachReply receive_reply(int socket, std::vector<UniqueFd>& fds) {
  pollfd entry{socket, POLLIN, 0};
  int ready = 0;
  do {
    ready = poll(&entry, 1, patience_ms);
  } while (ready < 0 && errno == EINTR);
  AttachReply reply;
  iovec part{&reply, sizeof reply};
  FdMessage room{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = room.bytes.data();
  message.msg_controllen = room.bytes.size();
  const ssize_t got = ready > 0 ? recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) : -1;
  if (got > 0) take_fds(message, fds);
  if (got != static_cast<ssize_t>(sizeof reply) || (message.msg_flags & MSG_CTRUNC) != 0) {
    throw Error(ErrorCode::process, "the coordinator gave no answer; is its library of the same version?");
  }
  return reply;
}

}  // namespace slabring
