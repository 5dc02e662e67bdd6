#include "dataset/manifest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <unordered_set>

#include "base/fingerprint.hpp"
#include "dataset/file_set.hpp"
#include "dataset/file_table_builder.hpp"
#include "dataset/index_cache.hpp"
#include "dataset/label_of.hpp"
#include "dataset/manifest_rows.hpp"
#include "dataset/name_list.hpp"
#include "dataset/real_roots.hpp"
#include "dataset/recipe_json.hpp"
#include "dataset/source_kinds.hpp"
#include "read/record_files.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

/// More different words than this are no classes but something else, such as the paths.
constexpr std::size_t most_classes = std::size_t{1} << 20;
/// Smaller manifests are read faster than an index is found.
constexpr std::uint64_t least_bytes_to_keep = std::uint64_t{1} << 20;
constexpr std::uint64_t report_bytes = std::uint64_t{4} << 20;

class Manifest final : public Dataset, public KnowsLabels {
 public:
  explicit Manifest(FileSet files) : files_(std::move(files)) {}

  std::uint64_t size() const override { return files_.table().size(); }
  void load(SampleId id, Sample& sample) const override { files_.load(id, sample); }
  std::int64_t label_of(SampleId id) const override { return files_.table().label(to_index(id)); }
  std::string describe(SampleId id) const override { return files_.describe(id).value_or(Dataset::describe(id)); }
  void will_need(SampleId id) const noexcept override { files_.will_need(id); }
  std::span<const std::string> classes() const noexcept override { return files_.classes(); }
  std::uint64_t fingerprint() const override { return fingerprint_of(files_.table().contents()); }
  std::vector<std::string> read_roots() const override { return files_.read_roots(); }
  std::optional<DatasetRecipe> recipe() const override { return files_.recipe("manifest"); }

 private:
  FileSet files_;
};

std::optional<std::int32_t> whole_number(std::string_view text) noexcept {
  std::int32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Reports at most every few megabytes.
class Reporter {
 public:
  Reporter(const SourceOptions& options, std::string_view file, std::uint64_t total) : options_(options) {
    now_.source = file;
    now_.total_bytes = total;
  }
  void at(std::uint64_t bytes, std::uint64_t samples) {
    if (!options_.progress || bytes < now_.done_bytes + report_bytes) return;
    now_.done_bytes = bytes;
    now_.samples = samples;
    options_.progress(now_);
  }

 private:
  const SourceOptions& options_;
  IndexProgress now_;
};

/// Where an index comes from.
struct Place {
  std::string file;    ///< absolute
  std::string folder;  ///< of the manifest
  ManifestForm form;
  FileStamp stamp;
};

/// The words of the label column in ImageFolder's order; none when all labels are numbers or empty.
class Classes {
 public:
  void collect(const Place& place, Reporter& report) {
    bool numbers = false;
    ManifestRows rows(place.file, place.form);
    while (rows.next()) {
      report.at(rows.position(), 0);
      if (rows.label().empty()) continue;
      if (whole_number(rows.label())) {
        numbers = true;
      } else {
        add(rows);
      }
    }
    if (!words_.empty() && numbers) collect_numbers_too(place);
    order();
  }

  std::int32_t label_of(const ManifestRows& rows) const {
    const std::string_view text = rows.label();
    if (text.empty()) return -1;
    if (names_.empty()) return whole_number(text).value();
    const auto found = labels_.find(text);
    if (found == labels_.end()) rows.refuse("the file was changed while it was read");
    return found->second;
  }

  const std::vector<std::string>& names() const noexcept { return names_; }

 private:
  void add(const ManifestRows& rows) {
    if (words_.find(rows.label()) != words_.end()) return;
    if (words_.size() == most_classes) {
      rows.refuse(
          fmt::format("the labels are more than {} different words; is that column the label? Name the right one "
                      "with ?label=COLUMN",
                      most_classes));
    }
    words_.emplace(rows.label());
  }

  /// Among words a number is a word.
  void collect_numbers_too(const Place& place) {
    ManifestRows rows(place.file, place.form);
    while (rows.next()) {
      if (!rows.label().empty()) add(rows);
    }
  }

  void order() {
    NameList sorted;
    for (const std::string& word : words_) sorted.add(word);
    sorted.sort();
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      names_.emplace_back(sorted[i]);
      labels_.emplace(sorted[i], static_cast<std::int32_t>(i));
    }
  }

  std::set<std::string, std::less<>> words_;
  std::vector<std::string> names_;
  std::map<std::string, std::int32_t, std::less<>> labels_;
};

/// Where the files of a manifest really lie: each folder that is named is looked at once.
class NamedFolders {
 public:
  explicit NamedFolders(const std::string& root) : root_(root), roots_(root) {}

  void add(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    const std::string_view folder = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash + 1);
    if (seen_any_ && folder == last_) return;
    last_ = folder;
    seen_any_ = true;
    if (!seen_.insert(last_).second) return;
    const std::string full = folder.starts_with('/') ? last_ : root_ + '/' + last_;
    roots_.follow(full);
    const NameList links = list_links(full);
    for (std::size_t i = 0; i < links.size(); ++i) roots_.follow(full + '/' + std::string(links[i]));
  }

  std::vector<std::string> take() && { return std::move(roots_).take(); }

 private:
  const std::string& root_;
  RealRoots roots_;
  std::unordered_set<std::string> seen_;
  std::string last_;
  bool seen_any_ = false;
};

FileSet index_manifest(const Place& place, const SourceOptions& options) {
  Reporter report(options, place.file, 2 * place.stamp.bytes);
  Classes classes;
  classes.collect(place, report);
  NamedFolders folders(place.folder);
  FileTableBuilder table;
  ManifestRows rows(place.file, place.form);
  while (rows.next()) {
    table.add(rows.path(), classes.label_of(rows));
    folders.add(rows.path());
    report.at(place.stamp.bytes + rows.position(), table.size());
  }
  if (table.size() == 0) throw Error(ErrorCode::dataset, fmt::format("{} lists no file", place.file));
  return {place.folder, classes.names(), std::move(folders).take(), table.finish()};
}

bool yes_or_no(const SourceRequest& request, const std::string& value) {
  if (value == "yes" || value == "no") return value == "yes";
  throw Error(ErrorCode::invalid_argument,
              fmt::format("{}: option header is \"{}\"; it must be yes or no", request.path, value));
}

ManifestFormat format_of(const SourceRequest& request, const std::optional<std::string>& named) {
  const std::string& path = request.path;
  if (named == "csv" || (!named && ends_in(path, {".csv"}))) return ManifestFormat::csv;
  if (named == "tsv" || (!named && ends_in(path, {".tsv"}))) return ManifestFormat::tsv;
  if (named == "jsonl" || (!named && ends_in(path, {".jsonl", ".ndjson"}))) return ManifestFormat::jsonl;
  throw Error(ErrorCode::invalid_argument, fmt::format("{}: the format is {}; say ?format=csv, tsv or jsonl", path,
                                                       named ? '"' + *named + '"' : "not known from the name"));
}

ManifestForm form_of(SourceRequest& request) {
  ManifestForm form;
  form.format = format_of(request, request.take("format"));
  if (const auto header = request.take("header")) form.header = yes_or_no(request, *header);
  form.path_column = request.take("path").value_or(form.header ? "path" : "1");
  form.label_column = request.take("label").value_or(form.header ? "label" : "2");
  request.refuse_others("path, label, header, format");
  return form;
}

/// Which index of the file.
nlohmann::json form_words(const ManifestForm& form) {
  return {{"format", static_cast<int>(form.format)},
          {"path", name_to_json(form.path_column)},
          {"label", name_to_json(form.label_column)},
          {"header", form.header}};
}

/// Everything that decides what the index is.
std::string identity_of(const Place& place) {
  return nlohmann::json{{"version", 1},
                        {"file", name_to_json(place.file)},
                        {"bytes", place.stamp.bytes},
                        {"modified", place.stamp.modified_ns},
                        {"form", form_words(place.form)}}
      .dump();
}

}  // namespace

bool is_manifest(const std::string& path) { return ends_in(path, {".csv", ".tsv", ".jsonl", ".ndjson"}); }

std::unique_ptr<Dataset> open_manifest(SourceRequest& request) {
  Place place;
  place.form = form_of(request);
  place.file = absolute_root(request.path);
  place.folder = place.file.substr(0, std::max<std::size_t>(1, place.file.rfind('/')));
  place.stamp = stamp_of(place.file);
  if (place.stamp.bytes < least_bytes_to_keep) request.options.keep_index = false;
  IndexCache cache(request.options, "manifest", place.file, place.file + '\n' + form_words(place.form).dump(),
                   identity_of(place));
  const KeptIndex index = cache.get([&] {
    const FileSet files = index_manifest(place, request.options);
    return KeptIndex{files.recipe("manifest").config, own_copy(files.table().fd())};
  });
  return std::make_unique<Manifest>(FileSet({"manifest", index.about, {index.table.get()}}, "a manifest"));
}

std::unique_ptr<Dataset> open_manifest_recipe(const DatasetRecipe& recipe) {
  return std::make_unique<Manifest>(FileSet(recipe, "a manifest"));
}

}  // namespace slabring
