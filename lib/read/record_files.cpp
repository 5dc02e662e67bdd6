#include "read/record_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/sample_failure.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

FileStamp stamp_from(const struct stat& status) {
  return {static_cast<std::uint64_t>(status.st_size),
          std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

[[noreturn]] void fail(SampleStatus status, const std::string& message) { throw SampleFailure(status, message); }

/// Opens what was indexed and nothing else.
UniqueFd open_indexed(const RecordFile& file) {
  UniqueFd fd(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) fail(SampleStatus::open_failed, fmt::format("{} cannot be opened: {}", file.path, reason(errno)));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) {
    fail(SampleStatus::open_failed, fmt::format("{} cannot be examined: {}", file.path, reason(errno)));
  }
  if (const FileStamp now = stamp_from(status); now != file.stamp) {
    fail(SampleStatus::open_failed,
         fmt::format("{} was changed after it was indexed (it had {} bytes and has {}); open "
                     "the dataset again",
                     file.path, file.stamp.bytes, now.bytes));
  }
  // Records are read in any order; what comes next is said by will_need().
  ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_RANDOM);
  return fd;
}

/// Gives a descriptor up without closing it: in a fork its number may by now belong to something else.
void abandon(const UniqueFd& fd) noexcept { const_cast<UniqueFd&>(fd).release(); }

}  // namespace

FileStamp stamp_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    throw Error(ErrorCode::dataset, fmt::format("{} cannot be examined: {}", path, reason(errno)));
  }
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorCode::dataset, fmt::format("{} is no regular file, and only those can be read", path));
  }
  return stamp_from(status);
}

RecordFiles::~RecordFiles() { forget_those_of_another_process(); }

void RecordFiles::forget_those_of_another_process() const {
  const pid_t self = ::getpid();
  if (owner_ == self) return;
  for (const auto& [file, opened] : opened_) abandon(*opened);
  opened_.clear();
  order_.clear();
  oldest_ = 0;
  owner_ = self;
}

RecordFiles::Opened RecordFiles::open(std::size_t file) const {
  const std::lock_guard lock(mutex_);
  forget_those_of_another_process();
  if (const auto found = opened_.find(file); found != opened_.end()) return found->second;
  Opened opened = std::make_shared<const UniqueFd>(open_indexed(files_[file]));
  if (order_.size() < most_open) {
    order_.push_back(file);
  } else {
    opened_.erase(std::exchange(order_[oldest_], file));
    oldest_ = (oldest_ + 1) % most_open;
  }
  opened_.emplace(file, opened);
  return opened;
}

void RecordFiles::read(std::size_t file, std::uint64_t offset, std::span<std::byte> bytes) const {
  const Opened opened = open(file);
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t got =
        ::pread(opened->get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      fail(SampleStatus::read_failed, fmt::format("{}: reading {} bytes at {} stopped after {}: {}", files_[file].path,
                                                  bytes.size(), offset, done, reason(errno)));
    }
    if (got == 0) {
      fail(SampleStatus::truncated, fmt::format("{} ends {} bytes into the {} of the sample at {}", files_[file].path,
                                                done, bytes.size(), offset));
    }
    done += static_cast<std::size_t>(got);
  }
}

void RecordFiles::will_need(std::size_t file, std::uint64_t offset, std::uint64_t bytes) const noexcept {
  try {
    ::posix_fadvise(open(file)->get(), static_cast<off_t>(offset), static_cast<off_t>(bytes), POSIX_FADV_WILLNEED);
  } catch (const std::exception&) {  // load() will say so
  }
}

std::vector<std::string> RecordFiles::read_roots() const {
  std::vector<std::string> roots;
  for (const RecordFile& file : files_) {
    std::error_code error;
    std::string folder = std::filesystem::canonical(file.path, error).parent_path().native();
    if (!error && std::find(roots.begin(), roots.end(), folder) == roots.end()) roots.push_back(std::move(folder));
  }
  return roots;
}

}  // namespace slabring
