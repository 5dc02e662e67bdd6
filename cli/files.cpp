#include "files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "read/file_reader.hpp"
#include "slabring/error.hpp"

namespace slabring::cli {

namespace {

constexpr std::uint64_t max_text_bytes = std::uint64_t{1} << 30;

[[noreturn]] void fail(const std::filesystem::path& path, std::string_view action) {
  const int reason = errno;
  throw Error(ErrorCode::io, fmt::format("{}: cannot {}: {}", path.string(), action, std::strerror(reason)));
}

}  // namespace

TemporaryFile::TemporaryFile(const std::filesystem::path& target)
    : target_(target),
      path_(fmt::format("{}.{}.part", target.string(), getpid())),
      fd_(open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
  if (!fd_) fail(target_, "be created");
}

TemporaryFile::~TemporaryFile() {
  if (!renamed_) unlink(path_.c_str());
}

void TemporaryFile::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(target_, "be written");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void TemporaryFile::rename_to_target() {
  if (close(fd_.release()) != 0) fail(target_, "be written");
  if (std::rename(path_.c_str(), target_.c_str()) != 0) fail(target_, "be given its name");
  renamed_ = true;
}

std::string read_text(const std::string& path) {
  FileReader reader;
  const std::span<const std::byte> bytes = reader.read(path, max_text_bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void write_whole(const std::filesystem::path& path, std::initializer_list<std::span<const std::byte>> parts) {
  TemporaryFile file(path);
  for (const std::span<const std::byte> part : parts) file.append(part);
  file.rename_to_target();
}

}  // namespace slabring::cli
