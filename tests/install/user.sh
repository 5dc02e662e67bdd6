#!/usr/bin/env bash
# A step of a user's way from slabring's source to a program of his own: user.sh STEP [ARGUMENT]
# CMakeLists.txt sets SOURCE and BUILD (of slabring), WORK (a folder), SETTINGS (of the compiler), EXAMPLE and PHOTOS.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")

# What slabring is built in lies beside BUILD: a compiler cache knows sources by their paths from there.
build_project() {  # SOURCE FOLDER [CMAKE ARGUMENT...]
  cmake -G Ninja -C "$SETTINGS" -S "$1" -B "$2" "${@:3}"
  cmake --build "$2"
}

# The test build's own tree, moved away from the prefix it was configured for; so its users say where the worker is.
install_static() {
  rm -rf "$WORK/static"
  cmake --install "$BUILD" --prefix "$WORK/static"
}

install_shared() {
  rm -rf "$WORK/shared"
  build_project "$SOURCE" "$BUILD.shared" -DCMAKE_INSTALL_PREFIX="$WORK/shared" -DBUILD_SHARED_LIBS=ON \
    -DSLABRING_BUILD_TESTS=OFF -DSLABRING_BUILD_EXAMPLES=OFF -DSLABRING_BUILD_COMMAND=OFF
  cmake --install "$BUILD.shared"
}

run_consumer() {  # PROGRAM KIND
  if [[ $2 == static ]]; then export SLABRING_WORKER=$WORK/static/libexec/slabring-worker; fi
  "$1" "$PHOTOS"
}

find_package() {  # KIND
  build_project "$here/consumer" "$WORK/find_package.$1" -DEXAMPLE="$EXAMPLE" -DCMAKE_PREFIX_PATH="$WORK/$1"
  run_consumer "$WORK/find_package.$1/consumer" "$1"
}

pkg_config() {  # KIND
  local flags
  flags=$(PKG_CONFIG_PATH=$WORK/$1/lib/pkgconfig pkg-config --cflags --libs slabring)
  # shellcheck disable=SC2086  # a list of words
  c++ -std=c++20 "$EXAMPLE" $flags -Wl,-rpath,"$WORK/$1/lib" -o "$WORK/pkg_config.$1"
  run_consumer "$WORK/pkg_config.$1" "$1"
}

subproject() {  # without what is optional
  build_project "$here/consumer" "$BUILD.subproject" -DEXAMPLE="$EXAMPLE" -DSLABRING_SOURCE="$SOURCE" \
    -DSLABRING_SECCOMP=OFF -DSLABRING_WEBP=OFF -DSLABRING_ARCHIVE=OFF -DSLABRING_SQLITE=OFF -DSLABRING_LMDB=OFF
  run_consumer "$BUILD.subproject/consumer" subproject
}

exports_only_slabring() {
  local library=$WORK/shared/lib/libslabring.so exported foreign
  exported=$(nm --dynamic --defined-only --demangle --format=posix "$library")
  grep -q '^slabring::Loader::next() ' <<<"$exported"
  foreign=$(grep -vE '^((typeinfo( name)?|vtable|VTT) for )?slabring::' <<<"$exported" || true)
  if [[ -n $foreign ]]; then
    echo "$library exports what is not slabring's:"
    echo "$foreign"
    return 1
  fi
  readelf --dynamic "$library" | grep -q 'SONAME.*\[libslabring\.so\.[0-9.]*\]'
}

"$@"
