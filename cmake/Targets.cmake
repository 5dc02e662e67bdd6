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
endif()
if(SLABRING_FAULT_POINTS)
  target_compile_definitions(slabring_flags INTERFACE SLABRING_FAULT_POINTS)
endif()

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

# slabring_test(NAME source...): a gtest program of ours, each case a ctest.
function(slabring_test name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE slabring_internal GTest::gtest GTest::gtest_main GTest::gmock)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120)
endfunction()
