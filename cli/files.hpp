#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

namespace slabring::cli {

/// All of a small text file. Throws SampleFailure with the operating system's reason; an empty file is a failure too.
std::string read_text(const std::string& path);

/// Writes `parts`, one after the other, as the file `path`: under another name first, then renamed, so that nobody
/// ever sees half of it. Throws Error(io) that names the path; the other name is gone then.
void write_whole(const std::filesystem::path& path, std::initializer_list<std::span<const std::byte>> parts);

/// The bytes of a text, for write_whole().
inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace slabring::cli
