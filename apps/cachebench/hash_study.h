// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// `cachebench hash --study`: how well similarity tells copies from other content, on the user's own pictures
/// or on made-up scenes, as a table, a document or a page. Throws Error for files that are no pictures and
/// for options that make no sense.
namespace cachebench::app {

struct StudyOptions {
  std::vector<std::string> files;  ///< each content of its own; none: made-up scenes
  std::uint64_t scenes = 40;       ///< how many, where there are no files
  double least_precision = 0.99;   ///< of the threshold that is chosen
  int fine_distance = 10;          ///< of 256, in a second look
  std::string html;                ///< file for the page; "": none
  bool json = false;
};

/// The exit code.
int run_study(const StudyOptions& options);

}  // namespace cachebench::app
