# What every target of ours is compiled with.
add_library(slabring_flags INTERFACE)
target_compile_features(slabring_flags INTERFACE cxx_std_20)
# -ffp-contract=off: the same bytes on machines with and without fused multiply-add.
target_compile_options(slabring_flags INTERFACE -Wall -Wextra -Wconversion -Wshadow -ffp-contract=off
  $<$<BOOL:${SLABRING_WERROR}>:-Werror>)
if(SLABRING_SANITIZE)
  target_compile_options(slabring_flags INTERFACE -fsanitize=${SLABRING_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(slabring_flags INTERFACE -fsanitize=${SLABRING_SANITIZE})
  # Compilers tell their sanitizers in different words.
  target_compile_definitions(slabring_flags INTERFACE SLABRING_SANITIZED)
endif()
if(SLABRING_PRECOMPILE AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Else precompiled headers hold the times of the files they were made of, and a new checkout finds nothing in ccache
  # that was compiled with them.
  target_compile_options(slabring_flags INTERFACE "SHELL:-Xclang -fno-pch-timestamp")
endif()
if(SLABRING_BUILD_FUZZERS)
  target_compile_options(slabring_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(SLABRING_FAULT_POINTS)
  target_compile_definitions(slabring_flags INTERFACE SLABRING_FAULT_POINTS)
endif()

set(slabring_standard_headers <algorithm> <array> <atomic> <cerrno> <chrono> <cstddef> <cstdint> <cstdlib> <cstring> <filesystem>
  <fstream> <functional> <limits> <memory> <mutex> <optional> <random> <set> <span> <stdexcept> <string> <string_view> <thread>
  <unordered_map> <utility> <variant> <vector> <fmt/format.h>)

# Half of a test's compilation is these. Requires that the includes of each source are right without: the builds of the
# library, of clang-tidy and of users have no such headers.
if(SLABRING_PRECOMPILE AND SLABRING_BUILD_TESTS)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/test_headers.cpp CONTENT "")
  add_library(slabring_test_headers OBJECT EXCLUDE_FROM_ALL ${PROJECT_BINARY_DIR}/test_headers.cpp)
  target_link_libraries(slabring_test_headers PRIVATE slabring_flags GTest::gtest GTest::gmock fmt::fmt)
  target_precompile_headers(slabring_test_headers PRIVATE ${slabring_standard_headers} <gmock/gmock.h> <gtest/gtest.h>)
endif()

# After how many seconds a test hangs, as opposed to being slow: the longest takes 5 seconds on an idle machine, and 25
# with sanitizers; machines of continuous integration may be several times slower.
set(slabring_test_timeout 120)
if(SLABRING_SANITIZE)
  set(slabring_test_timeout 600)
endif()

# slabring_test(NAME source... [LABELS label...] [PROPERTIES property value...]): a gtest program of ours, each case a
# ctest. Labels that ./dev selects by: process-tree (starts worker processes), slow (above five seconds), model, install.
function(slabring_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LABELS;PROPERTIES")
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE slabring_internal GTest::gtest GTest::gtest_main GTest::gmock)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  add_dependencies(${name} slabring-worker)
  if(TARGET slabring_test_headers)
    target_precompile_headers(${name} REUSE_FROM slabring_test_headers)
  endif()
  set(properties TIMEOUT ${slabring_test_timeout} ${arg_PROPERTIES})
  if(arg_LABELS)
    # gtest_discover_tests writes the list into a script of its own, so each separator is escaped once more.
    list(JOIN arg_LABELS "\\;" labels)
    list(APPEND properties LABELS "${labels}")
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES ${properties})
endfunction()

# slabring_fuzzer(NAME source...): a libFuzzer program in BUILD/fuzz, run by ./dev fuzz; its seeds are the folders
# tests/fuzz/corpus/NAME and BUILD/seeds/NAME, if they are there. Without SLABRING_BUILD_FUZZERS it is not built.
function(slabring_fuzzer name)
  if(NOT SLABRING_BUILD_FUZZERS)
    return()
  endif()
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE slabring_internal)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
  add_dependencies(fuzzers ${name})
endfunction()
if(SLABRING_BUILD_FUZZERS)
  add_custom_target(fuzzers)
endif()
