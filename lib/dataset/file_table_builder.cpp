#include "dataset/file_table_builder.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/memfd.hpp"
#include "dataset/file_table_layout.hpp"
#include "slabring/error.hpp"

namespace slabring {

using file_table::Entry;
using file_table::Header;

// ---- MemfdWriter ----

MemfdWriter::MemfdWriter(const char* name) : fd_(create_memfd(name)) { buffer_.reserve(buffer_bytes); }

void MemfdWriter::append(const void* data, std::size_t bytes) {
  if (buffer_.size() + bytes > buffer_bytes) flush();
  const auto* first = static_cast<const char*>(data);
  if (bytes > buffer_bytes) {
    write_out(first, bytes);
  } else {
    buffer_.insert(buffer_.end(), first, first + bytes);
  }
}

void MemfdWriter::flush() {
  write_out(buffer_.data(), buffer_.size());
  buffer_.clear();
}

void MemfdWriter::append_all_of(const MemfdWriter& other) {
  std::vector<char> part(buffer_bytes);
  for (std::uint64_t done = 0; done < other.written_;) {
    const ssize_t got = ::pread(other.fd(), part.data(), part.size(), static_cast<off_t>(done));
    if (got <= 0) throw Error(ErrorCode::memory, "the file table's entries cannot be read back");
    append(part.data(), static_cast<std::size_t>(got));
    done += static_cast<std::uint64_t>(got);
  }
}

void MemfdWriter::write_out(const char* data, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t put = ::write(fd_.get(), data, bytes);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      throw Error(ErrorCode::memory, fmt::format("no memory for the file table beyond {} bytes: {}", written_,
                                                 std::generic_category().message(errno)));
    }
    data += put;
    bytes -= static_cast<std::size_t>(put);
    written_ += static_cast<std::uint64_t>(put);
  }
}

// ---- FileTableBuilder ----

FileTableBuilder::FileTableBuilder() : table_("slabring-files"), entries_("slabring-file-entries") {
  const Header unfinished{};
  table_.append(&unfinished, sizeof unfinished);
}

void FileTableBuilder::add(std::string_view path, std::int32_t label) {
  const Entry entry{table_.size(), static_cast<std::uint32_t>(path.size()), label};
  table_.append(path.data(), path.size());
  entries_.append(&entry, sizeof entry);
  ++count_;
}

UniqueFd FileTableBuilder::finish() {
  constexpr char zeros[alignof(Entry)] = {};
  table_.append(zeros, (alignof(Entry) - table_.size() % alignof(Entry)) % alignof(Entry));
  const std::uint64_t entries_offset = table_.size();
  entries_.flush();
  table_.append_all_of(entries_);
  table_.flush();

  const Header header{file_table::magic, file_table::version, sizeof(Entry), table_.size(), count_, entries_offset};
  UniqueFd fd = table_.release();
  if (::pwrite(fd.get(), &header, sizeof header, 0) != static_cast<ssize_t>(sizeof header)) {
    throw Error(ErrorCode::memory, "the file table's header cannot be written");
  }
  add_seals(fd.get(), read_only_seals);
  return fd;
}

}  // namespace slabring
