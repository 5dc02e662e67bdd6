#include "dataset/flat_table_builder.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/memfd.hpp"
#include "slabring/error.hpp"

namespace slabring {

using flat_table::Header;

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
    if (got <= 0) throw Error(ErrorCode::memory, "a table's entries cannot be read back");
    append(part.data(), static_cast<std::size_t>(got));
    done += static_cast<std::uint64_t>(got);
  }
}

void MemfdWriter::write_out(const char* data, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t put = ::write(fd_.get(), data, bytes);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      throw Error(ErrorCode::memory, fmt::format("no memory for a table beyond {} bytes: {}", written_,
                                                 std::generic_category().message(errno)));
    }
    data += put;
    bytes -= static_cast<std::size_t>(put);
    written_ += static_cast<std::uint64_t>(put);
  }
}

// ---- FlatTableBuilder ----

FlatTableBuilder::FlatTableBuilder(const flat_table::Kind& kind)
    : kind_(kind), table_("slabring-table"), entries_("slabring-table-entries") {
  const Header unfinished{};
  table_.append(&unfinished, sizeof unfinished);
}

std::uint64_t FlatTableBuilder::add_name(std::string_view name) {
  const std::uint64_t offset = table_.size();
  table_.append(name.data(), name.size());
  return offset;
}

UniqueFd FlatTableBuilder::finish() {
  constexpr std::size_t alignment = flat_table::entry_alignment;
  constexpr char zeros[alignment] = {};
  table_.append(zeros, (alignment - table_.size() % alignment) % alignment);
  const std::uint64_t entries_offset = table_.size();
  entries_.flush();
  table_.append_all_of(entries_);
  table_.flush();

  const Header header{kind_.magic, kind_.version, kind_.entry_bytes, table_.size(), count_, entries_offset};
  UniqueFd fd = table_.release();
  if (::pwrite(fd.get(), &header, sizeof header, 0) != static_cast<ssize_t>(sizeof header)) {
    throw Error(ErrorCode::memory, fmt::format("the {}'s header cannot be written", kind_.name));
  }
  add_seals(fd.get(), read_only_seals);
  return fd;
}

}  // namespace slabring
