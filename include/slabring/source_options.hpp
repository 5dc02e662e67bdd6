#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace slabring {

/// How far the making of an index is. Indexes are made once and then kept (SourceOptions::cache_folder).
struct IndexProgress {
  std::string_view source;  ///< what is being read
  std::uint64_t done_bytes = 0;
  std::uint64_t total_bytes = 0;  ///< of all files of the source; 0: not known, as of a folder
  std::uint64_t samples = 0;      ///< found so far
  bool waiting = false;           ///< another process makes the same index, and this one waits for it
};

/// What became of an index that is worth keeping, told once, when it is there.
struct IndexOutcome {
  std::string_view source;
  std::uint64_t samples = 0;
  bool made = false;                ///< false: it was kept before, or by another process meanwhile
  double seconds = 0;               ///< that it took to make it
  std::filesystem::path kept_in{};  ///< the file; empty: it is not kept
  /// All processes of the machine that open the source map the same pages: those of `kept_in`.
  bool shared = false;
  std::string reason{};  ///< half a sentence, when it is not kept, or not shared
};

struct SourceOptions {
  /// Where indexes are kept between runs, and shared by the processes of the machine. Empty: $SLABRING_CACHE, else
  /// $XDG_CACHE_HOME/slabring, else ~/.cache/slabring; without any of them, or where it cannot be written, each process
  /// makes its own, anew each time. SLABRING_CACHE=off is keep_index = false.
  std::filesystem::path cache_folder{};
  /// False: indexes are neither looked for nor kept.
  bool keep_index = true;
  /// Called now and then while an index is made or waited for, in the thread that opens. May throw, which ends the
  /// opening.
  std::function<void(const IndexProgress&)> progress{};
  /// Called when an index is there: how a program learns that its cache folder is of no use.
  std::function<void(const IndexOutcome&)> outcome{};
};

}  // namespace slabring
