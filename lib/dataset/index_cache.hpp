#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"
#include "dataset/kept_index.hpp"
#include "slabring/source_options.hpp"

namespace slabring {

/// An index: its table, for FlatTable's constructor, and whatever else belongs to it, as text.
struct KeptIndex {
  std::string about;
  UniqueFd table;
};

/// An index in a file (dataset/kept_index.hpp), from one run to the next and for all processes of the machine.
///
///   absent --begin--> FILE.part, locked by its maker --rename--> FILE --another identity--> replaced by rename
///                        |
///                        +-- the maker dies: its lock goes, and the next one writes the same FILE.part anew
///
/// Of the processes that want an index at the same time one makes it, and the others wait for its lock. A file that has
/// its name is whole, and is never written again; readers map it and so share its pages. Where that is not sure to work
/// for as long as the mapping lives, as on network file systems, they copy it into memory of their own.
///
/// Nothing here fails: what cannot be kept is made by each process for itself, and SourceOptions::outcome says why.
class IndexCache {
 public:
  using Check = std::function<bool(const std::string& about)>;

  /// `options` outlives this object. `source`: what messages call it. `name`: which index of which source, the same
  /// however its files change. `identity`: everything that decides what the index is, such as sizes and times of its
  /// files; an index of another identity is not used. `still_holds`: what else must be true of one, if anything.
  IndexCache(const SourceOptions& options, std::string_view kind, std::string source, std::string_view name,
             std::string identity, Check still_holds = {});
  ~IndexCache();
  IndexCache(const IndexCache&) = delete;
  IndexCache& operator=(const IndexCache&) = delete;

  /// The kept index, or what `make` returns, which is then kept.
  KeptIndex get(const std::function<KeptIndex()>& make);

  // The steps of get(), for a source that shows only while it is indexed whether its index is worth it.

  /// nullopt: there is none, or one of other files, or a damaged one.
  std::optional<KeptIndex> load();
  /// Waits for another process that makes this index, and returns it. nullopt: this process is to make it.
  std::optional<KeptIndex> wait_or_begin();
  /// After wait_or_begin(). Returns the index to use: the kept one, or `made`. Requires: its table is sealed.
  KeptIndex keep(KeptIndex made);
  /// Instead: an index that must not be used by others. `why` is half a sentence.
  KeptIndex leave(KeptIndex made, std::string why);
  /// Before that, as soon as it is known: others need not wait any longer.
  void stop() noexcept { drop_part(); }

 private:
  using Clock = std::chrono::steady_clock;

  UniqueFd open_part();
  bool wait_for_lock(int part);
  void drop_part() noexcept;
  std::optional<KeptIndex> share(UniqueFd fd, KeptWords words);
  std::optional<KeptIndex> write_and_share(const KeptIndex& made);
  void tell(const KeptIndex& index, bool made) const;
  void give_up(std::string_view call, const std::filesystem::path& file, int error);

  const SourceOptions& options_;
  std::string source_;
  std::string identity_;
  Check still_holds_;
  std::filesystem::path file_;  ///< empty: nothing is kept
  std::filesystem::path part_name_;
  UniqueFd part_;  ///< locked, while this process makes the index
  Clock::time_point begun_{};
  bool shared_ = false;
  std::string reason_;
};

}  // namespace slabring
