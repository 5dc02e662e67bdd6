# Every library slabring uses: the version Debian 12 has, and what for. Nothing of it appears in a public header.

if(NOT PROJECT_IS_TOP_LEVEL)
  # The project around us links what the static library needs from its own folders.
  set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
endif()

find_package(Threads REQUIRED)

# libjpeg-turbo 2.1.5 (libjpeg62-turbo-dev): JPEG, through the libjpeg API (regions need jpeg_crop_scanline).
find_package(JPEG REQUIRED)

# Boost 1.74 (libboost-dev, libboost-filesystem-dev): Interprocess' mapped_region maps the ring, Process starts workers.
find_package(Boost 1.74 REQUIRED COMPONENTS filesystem)

# stb 2022-09-08 (libstb-dev): PNG, BMP, GIF, TGA, PNM in; header-only. stb_image_write for the contact sheet.
find_path(STB_INCLUDE_DIR NAMES stb_image.h PATH_SUFFIXES stb REQUIRED)

# Random123 1.14 (librandom123-dev): Philox4x32-10; header-only.
find_path(RANDOM123_INCLUDE_DIR NAMES Random123/philox.h REQUIRED)

# nlohmann-json 3.11 (nlohmann-json3-dev): pipeline files, set-up messages, --json.
find_package(nlohmann_json 3.7 REQUIRED)

# fmt 9.1 (libfmt-dev): every message. Its compiled form: header-only costs three times the build (8.4 s for 2.8 s a source).
find_package(fmt 9 REQUIRED)

# xxHash 0.8 (libxxhash-dev): fingerprints of data sets and pipelines, `slabring digest`; header-only.
find_path(XXHASH_INCLUDE_DIR NAMES xxhash.h REQUIRED)

# zlib 1.2.13 (zlib1g-dev): MNIST as it is published, gzipped.
find_package(ZLIB REQUIRED)

# libseccomp 2.5 (libseccomp-dev), optional: which system calls workers may make. Without it the sandbox is landlock and
# limits; LoaderStats::sandbox says so.
set(SLABRING_SECCOMP AUTO CACHE STRING "Confine workers with libseccomp: AUTO (where it is found), ON or OFF")
if(SLABRING_SECCOMP)
  find_path(SECCOMP_INCLUDE_DIR seccomp.h)
  find_library(SECCOMP_LIBRARY seccomp)
  if(SECCOMP_INCLUDE_DIR AND SECCOMP_LIBRARY)
    set(SLABRING_HAS_SECCOMP ON)
  elseif(NOT SLABRING_SECCOMP STREQUAL "AUTO")
    message(FATAL_ERROR "SLABRING_SECCOMP is ON, and libseccomp is not found: install libseccomp-dev, or set it to OFF")
  endif()
endif()
if(NOT SLABRING_HAS_SECCOMP)
  message(STATUS "Without libseccomp: workers are confined by landlock and limits only")
endif()

# libwebp 1.2.4 (libwebp-dev), optional: WebP in, through its decoder and demuxer. Without it a WebP file is a fault of its
# sample that says so; `slabring --version` lists the formats that are read.
set(SLABRING_WEBP AUTO CACHE STRING "Read WebP with libwebp: AUTO (where it is found), ON or OFF")
if(SLABRING_WEBP)
  find_path(WEBP_INCLUDE_DIR webp/demux.h)
  find_library(WEBP_LIBRARY webp)
  find_library(WEBPDEMUX_LIBRARY webpdemux)
  if(WEBP_INCLUDE_DIR AND WEBP_LIBRARY AND WEBPDEMUX_LIBRARY)
    set(SLABRING_HAS_WEBP ON)
  elseif(NOT SLABRING_WEBP STREQUAL "AUTO")
    message(FATAL_ERROR "SLABRING_WEBP is ON, and libwebp is not found: install libwebp-dev, or set it to OFF")
  endif()
endif()
if(NOT SLABRING_HAS_WEBP)
  message(STATUS "Without libwebp: WebP files are not read")
endif()

# Libraries behind single kinds of sources, each optional: without it the kind is refused by the name of the package that
# is missing, and `slabring bench --help` says so too.
#   libarchive 3.6 (libarchive-dev): where the members of tar shards lie
#   SQLite 3.40 (libsqlite3-dev): databases
#   LMDB 0.9.24 (liblmdb-dev): those of LSUN and Caffe
set(SLABRING_ARCHIVE AUTO CACHE STRING "Read tar shards with libarchive: AUTO (where it is found), ON or OFF")
set(SLABRING_SQLITE AUTO CACHE STRING "Read databases with SQLite: AUTO (where it is found), ON or OFF")
set(SLABRING_LMDB AUTO CACHE STRING "Read LMDBs: AUTO (where it is found), ON or OFF")
function(slabring_source_library option header library package)
  if(${option})
    find_path(${option}_INCLUDE_DIR ${header})
    find_library(${option}_LIBRARY ${library})
    if(${option}_INCLUDE_DIR AND ${option}_LIBRARY)
      set(SLABRING_HAS_${library} ON PARENT_SCOPE)
      set(SLABRING_SOURCE_LIBRARIES ${SLABRING_SOURCE_LIBRARIES} ${${option}_LIBRARY} PARENT_SCOPE)
      set(SLABRING_SOURCE_LIBRARY_NAMES ${SLABRING_SOURCE_LIBRARY_NAMES} ${library} PARENT_SCOPE)
      return()
    elseif(NOT ${option} STREQUAL "AUTO")
      message(FATAL_ERROR "${option} is ON, and lib${library} is not found: install ${package}, or set it to OFF")
    endif()
  endif()
  message(STATUS "Without lib${library} (${package}): its kind of source is not read")
endfunction()
slabring_source_library(SLABRING_ARCHIVE archive.h archive libarchive-dev)
slabring_source_library(SLABRING_SQLITE sqlite3.h sqlite3 libsqlite3-dev)
slabring_source_library(SLABRING_LMDB lmdb.h lmdb liblmdb-dev)

# libhdf5 1.10.8 (libhdf5-dev), optional: the structure of HDF5 files is read with it, once; workers read the samples
# without. Without it HDF5 is refused with a sentence.
set(SLABRING_HDF5 AUTO CACHE STRING "Read HDF5 with libhdf5: AUTO (where it is found), ON or OFF")
if(SLABRING_HDF5)
  find_path(HDF5_INCLUDE_DIR hdf5.h PATH_SUFFIXES hdf5/serial)
  find_library(HDF5_LIBRARY NAMES hdf5_serial hdf5)
  if(HDF5_INCLUDE_DIR AND HDF5_LIBRARY)
    set(SLABRING_HAS_HDF5 ON)
    list(APPEND SLABRING_SOURCE_LIBRARIES ${HDF5_LIBRARY})
    list(APPEND SLABRING_SOURCE_LIBRARY_NAMES hdf5_serial)
  elseif(NOT SLABRING_HDF5 STREQUAL "AUTO")
    message(FATAL_ERROR "SLABRING_HDF5 is ON, and libhdf5 is not found: install libhdf5-dev, or set it to OFF")
  endif()
endif()
if(NOT SLABRING_HAS_HDF5)
  message(STATUS "Without libhdf5: HDF5 files are not read")
endif()

# Highway 1.0.3 (libhwy-dev): one source for the pixel kernels of every instruction set, chosen by CPU at run time.
find_package(hwy 1.0 REQUIRED)

# CPython 3.9 (python3-dev) and pybind11 2.10 (pybind11-dev), optional: the Python package. Debian's Python where there is
# one, since it has Debian's numpy and torch; -DPython_EXECUTABLE names another.
if(SLABRING_BUILD_PYTHON STREQUAL "AUTO")
  set(python_wanted ${PROJECT_IS_TOP_LEVEL})
  set(python_required "")
else()
  set(python_wanted ${SLABRING_BUILD_PYTHON})
  set(python_required REQUIRED)
endif()
if(python_wanted)
  if(NOT Python_EXECUTABLE AND EXISTS /usr/bin/python3)
    set(Python_EXECUTABLE /usr/bin/python3)
  endif()
  find_package(Python 3.9 COMPONENTS Interpreter Development.Module ${python_required})
  if(Python_Development.Module_FOUND)  # without it pybind11 would not just be not found, but end the configuration
    find_package(pybind11 2.10 ${python_required})
  endif()
  if(Python_Development.Module_FOUND AND pybind11_FOUND)
    set(SLABRING_HAS_PYTHON ON)
  else()
    message(STATUS "Without the Python package: pybind11 (pybind11-dev) or Python's headers (python3-dev) are not found")
  endif()
endif()

if(SLABRING_BUILD_COMMAND)
  # CLI11 2.1 (libcli11-dev): the command line.
  find_package(CLI11 2 REQUIRED)
endif()

# Open MPI 4.1 (openmpi-bin, libopenmpi-dev), optional: the example mpi_train and the tests under a real launcher. The library
# itself asks no MPI for anything.
set(SLABRING_MPI AUTO CACHE STRING "Build what runs under mpirun: AUTO (where it is found), ON or OFF")
if(SLABRING_MPI AND (SLABRING_BUILD_TESTS OR SLABRING_BUILD_EXAMPLES))
  set(MPI_CXX_SKIP_MPICXX ON)
  if(SLABRING_MPI STREQUAL "AUTO")
    find_package(MPI QUIET COMPONENTS CXX)
  else()
    find_package(MPI REQUIRED COMPONENTS CXX)
  endif()
  if(NOT MPI_CXX_FOUND)
    message(STATUS "Without MPI: no example and no tests under mpirun")
  endif()
endif()

if(SLABRING_BUILD_TESTS)
  # GoogleTest 1.12 (libgtest-dev, libgmock-dev).
  find_package(GTest 1.12 REQUIRED)
endif()
if(SLABRING_BUILD_BENCHMARKS)
  # Google Benchmark 1.7 (libbenchmark-dev).
  find_package(benchmark 1.7 REQUIRED)
endif()
