// Any bytes as a manifest of each format: rows come out with a path, or Error(dataset) names file and line.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/unique_fd.hpp"
#include "dataset/manifest_rows.hpp"
#include "slabring/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slabring;
  const UniqueFd file(::memfd_create("manifest", MFD_CLOEXEC));
  if (::write(file.get(), data, size) != static_cast<ssize_t>(size)) return 0;
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  for (const ManifestFormat format : {ManifestFormat::csv, ManifestFormat::tsv, ManifestFormat::jsonl}) {
    for (const bool header : {true, false}) {
      ManifestForm form{format, header ? "path" : "1", header ? "label" : "2", header};
      if (format == ManifestFormat::jsonl) form.path_column = "path";
      try {
        ManifestRows rows(path, form);
        while (rows.next()) {
          if (rows.path().empty() || rows.path().find('\0') != std::string_view::npos) std::abort();
        }
      } catch (const Error& error) {
        if (error.code() != ErrorCode::dataset) std::abort();
      }
    }
  }
  return 0;
}
