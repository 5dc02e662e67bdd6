#include "dataset/source_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

#include "dataset/combinations.hpp"
#include "dataset/hdf5_index.hpp"
#include "dataset/lmdb_table.hpp"
#include "dataset/manifest.hpp"
#include "dataset/npy_folder.hpp"
#include "dataset/pack.hpp"
#include "dataset/published_images.hpp"
#include "dataset/sqlite_table.hpp"
#include "dataset/tar_shards.hpp"
#include "dataset/tf_records.hpp"
#include "slabring/arrays.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

std::unique_ptr<Dataset> open_folder(SourceRequest& request) {
  request.refuse_others("");
  return std::make_unique<ImageFolder>(request.path, ImageFolderOptions{}, request.options);
}

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

bool is_tar(const std::string& path) {
  return ends_in(path, {".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".tar.bz2"});
}

#ifdef SLABRING_HAS_ARCHIVE
constexpr SourceKind tar{"tar", "tar shards in WebDataset's conventions, a{000..123}.tar too", &open_tar_shards,
                         &open_tar_shards_recipe, &is_tar};
#else
constexpr SourceKind tar{"tar", "tar shards in WebDataset's conventions", nullptr, nullptr, &is_tar, "libarchive-dev"};
#endif

bool is_tf_records(const std::string& path) { return ends_in(path, {".tfrecord", ".tfrecords", ".tfrecord.gz"}); }

bool is_sqlite(const std::string& path) { return ends_in(path, {".sqlite", ".sqlite3", ".db"}); }

#ifdef SLABRING_HAS_SQLITE
constexpr SourceKind sqlite{"sqlite", "the rows of a query, FILE?query=SELECT id, image, label FROM ...",
                            &open_sqlite_table, &open_sqlite_table_recipe, &is_sqlite};
#else
constexpr SourceKind sqlite{"sqlite", "the rows of a query", nullptr, nullptr, &is_sqlite, "libsqlite3-dev"};
#endif

#ifdef SLABRING_HAS_LMDB
constexpr SourceKind lmdb{"lmdb", "an LMDB of image files, or with ?value=datum of Caffe's Datum", &open_lmdb_table,
                          &open_lmdb_table_recipe, &is_lmdb};
#else
constexpr SourceKind lmdb{"lmdb", "an LMDB of image files", nullptr, nullptr, nullptr, "liblmdb-dev"};
#endif

std::unique_ptr<Dataset> open_npy(SourceRequest& request) {
  if (is_folder(request.path)) return open_npy_folder(request);
  std::vector<std::filesystem::path> files{request.path};
  auto labels = request.take("labels");
  const std::string arrays = request.take("arrays").value_or("");
  request.refuse_others("labels, arrays (more files, with commas)");
  const TensorDatasetOptions options{.labels = labels.has_value()};
  if (labels) files.emplace_back(std::move(*labels));
  for (std::size_t at = 0; at < arrays.size();) {
    const std::size_t end = std::min(arrays.find(',', at), arrays.size());
    files.emplace_back(arrays.substr(at, end - at));
    at = end + 1;
  }
  return std::make_unique<TensorDataset>(files, options);
}

bool is_npy(const std::string& path) { return ends_in(path, {".npy"}); }

bool is_hdf5_file(const std::string& path) { return ends_in(path, {".h5", ".hdf5", ".he5"}); }

#ifdef SLABRING_HAS_HDF5
constexpr SourceKind hdf5{"hdf5", "a dataset in an .h5 file or in all of a folder; ?dataset=NAME, ?labels=NAME",
                          &open_hdf5, &open_hdf5_recipe, &is_hdf5_file};
#else
constexpr SourceKind hdf5{"hdf5", "a dataset in HDF5 files", nullptr, nullptr, &is_hdf5_file, "libhdf5-dev"};
#endif

// The folder comes last: other kinds are folders too, with something particular in them.
constexpr std::array kinds{
    SourceKind{"manifest", "a .csv, .tsv or .jsonl file of paths and labels", &open_manifest, &open_manifest_recipe,
               &is_manifest},
    SourceKind{"pack", "a .slabpack file that `slabring pack` wrote", &open_pack, &Pack::from_recipe, &is_pack},
    tar,
    SourceKind{"tfrecord", "files of tf.train.Example, a-{000..123}.tfrecord too", &open_tf_records,
               &open_tf_records_recipe, &is_tf_records},
    sqlite,
    lmdb,
    SourceKind{"npy", "an array in a .npy file, sample by sample; ?labels=FILE.npy&arrays=FILE.npy,FILE.npy", &open_npy,
               &TensorDataset::from_recipe, &is_npy},
    SourceKind{"npy_folder", "a folder of .npy files, one sample each, as npy:FOLDER too", &open_npy_folder,
               &open_npy_folder_recipe, nullptr},
    hdf5,
    SourceKind{"mnist", "a folder with MNIST's files, or others of their form; ?split=test", &open_mnist,
               &open_published_recipe, &is_mnist},
    SourceKind{"cifar", "a folder with CIFAR-10 or CIFAR-100, binary; ?split=test, ?labels=coarse", &open_cifar,
               &open_published_recipe, &is_cifar},
    SourceKind{"concat", "several sources one after the other, concat:A,B; with options: concat:[A?x=1],[B]",
               &open_concat, &open_concat_recipe, nullptr},
    SourceKind{"subset", "a part of a source, subset:[A]?from=0&to=100", &open_subset, &open_subset_recipe, nullptr},
    SourceKind{"filter", "samples by label, class or name, filter:[A]?class=cat,dog&name!=*.png", &open_filter,
               &open_subset_recipe, nullptr},
    SourceKind{"relabel", "other labels or classes, relabel:[A]?class=cat:pet,dog:pet or ?label=3:0,4..9:1",
               &open_relabel, &open_relabel_recipe, nullptr},
    SourceKind{"split", "a random part, split:[A]?part=train&fraction=0.9; part=val&fraction=0.1 is the rest",
               &open_split, &open_subset_recipe, nullptr},
    SourceKind{"mixture", "draws from several, mixture:[A],[B]?weights=3,1&draws=1000000", &open_mixture,
               &open_mixture_recipe, nullptr},
    SourceKind{"cache", "a source kept in memory, cache:[A]?bytes=2G&of=decoded", &open_cache, &open_cache_recipe,
               nullptr},
    SourceKind{"folder", "a folder of class folders, or a flat folder of images", &open_folder,
               &ImageFolder::from_recipe, &is_folder},
};

char lower_case(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::span<const SourceKind> all_source_kinds() noexcept { return kinds; }

std::string source_kind_names() {
  std::string names;
  for (const SourceKind& kind : kinds) names += fmt::format("{}{}", names.empty() ? "" : ", ", kind.name);
  return names;
}

const SourceKind& source_kind(std::string_view name) {
  const auto found =
      std::find_if(kinds.begin(), kinds.end(), [name](const SourceKind& kind) { return kind.name == name; });
  if (found == kinds.end()) {
    throw Error(ErrorCode::dataset,
                fmt::format("no dataset kind is called \"{}\"; there are: {}", name, source_kind_names()));
  }
  if (!found->lacking.empty()) {
    throw Error(ErrorCode::dataset, fmt::format("this build of slabring reads no {} source, since it was made without "
                                                "{}; install that and build again",
                                                name, found->lacking));
  }
  return *found;
}

bool ends_in(std::string_view path, std::initializer_list<std::string_view> endings) noexcept {
  return std::any_of(endings.begin(), endings.end(), [path](std::string_view ending) {
    return path.size() >= ending.size() && std::equal(ending.begin(), ending.end(), path.end() - ending.size(),
                                                      [](char wanted, char c) { return wanted == lower_case(c); });
  });
}

}  // namespace slabring
