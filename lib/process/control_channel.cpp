#include "process/control_channel.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "slabring/error.hpp"

namespace slabring {

void ControlMessage::set_text(std::string_view words) noexcept {
  const std::size_t length = std::min(words.size(), text_bytes - 1);
  std::memcpy(text, words.data(), length);
  text[length] = '\0';
}

std::string_view ControlMessage::text_view() const noexcept { return {text, strnlen(text, text_bytes)}; }

std::pair<ControlChannel, ControlChannel> ControlChannel::make_pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    throw Error(ErrorCode::io, fmt::format("cannot make the socket to the coordinator: {}", std::strerror(errno)));
  }
  return {ControlChannel(UniqueFd(ends[0])), ControlChannel(UniqueFd(ends[1]))};
}

void ControlChannel::shut_down() noexcept { ::shutdown(fd_.get(), SHUT_RDWR); }

bool ControlChannel::send(const ControlMessage& message) noexcept {
  return ::send(fd_.get(), &message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(sizeof message);
}

std::optional<ControlMessage> ControlChannel::receive() noexcept {
  ControlMessage message;
  if (!fd_) return std::nullopt;
  const ssize_t got = ::recv(fd_.get(), &message, sizeof message, MSG_DONTWAIT);
  if (got != static_cast<ssize_t>(sizeof message)) return std::nullopt;
  return message;
}

}  // namespace slabring
