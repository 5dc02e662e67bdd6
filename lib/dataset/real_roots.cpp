#include "dataset/real_roots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace slabring {
namespace {

std::string real_path(const std::string& path) {
  std::error_code dangling;
  return std::filesystem::canonical(path, dangling).native();
}

}  // namespace

RealRoots::RealRoots(const std::string& root) : roots_{real_path(root)} {}

void RealRoots::follow_links(const std::string& folder, const FolderListing& listing) {
  for (std::size_t i = 0; i < listing.links.size(); ++i) follow(fmt::format("{}/{}", folder, listing.links[i]));
}

void RealRoots::follow(const std::string& path) {
  std::string target = real_path(path);
  if (target.empty()) return;
  std::error_code ignored;
  // Of a file its folder: links to many files of one store are one root.
  if (!std::filesystem::is_directory(target, ignored)) target.resize(std::max<std::size_t>(1, target.rfind('/')));
  const auto lies_beneath = [&](const std::string& root) {
    return root == "/" || (target.starts_with(root) && (target.size() == root.size() || target[root.size()] == '/'));
  };
  if (std::any_of(roots_.begin(), roots_.end(), lies_beneath)) return;
  if (roots_.size() == most) roots_ = {"/"};  // everywhere, so to speak
  if (roots_.front() != "/") roots_.push_back(std::move(target));
}

}  // namespace slabring
