#pragma once

#include <string>
#include <vector>

namespace slabring::test {

/// How a program ended and what it printed.
struct Outcome {
  int status = -1;  ///< exit status, or 128 + signal
  std::string out;
  std::string err;
};

/// Runs a program to its end. `standard_output` of -1 collects stdout in Outcome::out; any other descriptor becomes the
/// program's stdout. Signals have their default actions in the program.
Outcome run_program(const std::string& program, const std::vector<std::string>& arguments, int standard_output = -1);

/// Runs the command of this build.
Outcome slabring(const std::vector<std::string>& arguments, int standard_output = -1);

/// The folder of photos that the ctest fixture `photos` makes (write_photos.cpp).
const std::string& photos();

}  // namespace slabring::test
