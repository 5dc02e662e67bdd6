# What `cmake --install` puts where. The tree may be moved: package, slabring.pc and the installed programs find the rest
# from their own place. Only what users link elsewhere looks for slabring-worker at the configured prefix.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/slabring)

install(TARGETS slabring EXPORT slabring-targets FILE_SET HEADERS)
install(EXPORT slabring-targets NAMESPACE slabring:: DESTINATION ${package_dir})
install(TARGETS slabring-worker DESTINATION ${CMAKE_INSTALL_LIBEXECDIR})
if(TARGET slabring-command)
  install(TARGETS slabring-command)
endif()

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/slabringConfig.cmake.in
  ${PROJECT_BINARY_DIR}/package/slabringConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/slabringConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/slabringConfig.cmake
  ${PROJECT_BINARY_DIR}/package/slabringConfigVersion.cmake DESTINATION ${package_dir})

# A program that links the static library links its libraries too, with or without `pkg-config --static`.
if(BUILD_SHARED_LIBS)
  set(pc_private .private)
else()
  set(pc_private "")
endif()

if(SLABRING_HAS_SECCOMP)
  set(pc_seccomp " -lseccomp")
endif()
if(SLABRING_HAS_WEBP)
  set(pc_webp " -lwebpdemux -lwebp")
endif()

foreach(name IN LISTS SLABRING_SOURCE_LIBRARY_NAMES)
  string(APPEND pc_sources " -l${name}")
endforeach()

file(RELATIVE_PATH pc_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
file(RELATIVE_PATH pc_libdir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_LIBDIR})
file(RELATIVE_PATH pc_includedir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
configure_file(${CMAKE_CURRENT_LIST_DIR}/slabring.pc.in ${PROJECT_BINARY_DIR}/package/slabring.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/package/slabring.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
