# How a part of the service, a test program and a fuzz target are declared.

add_library(yizhan_warnings INTERFACE)
target_compile_options(yizhan_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 warns of overlaps in std::string's own `"literal" + string` that cannot be (GCC bug 105651).
  target_compile_options(yizhan_warnings INTERFACE -Wno-restrict)
endif()

if(YIZHAN_SANITIZE)
  add_compile_options(-fsanitize=${YIZHAN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${YIZHAN_SANITIZE})
endif()
if(YIZHAN_FAIL_POINTS)
  add_compile_definitions(YIZHAN_FAIL_POINTS=1)
endif()

# Parsing them is half of what a file costs (measured: a release build in 40 % less time). The other builds do without:
# ccache knows their files better, and they notice an #include that is missing.
set(YIZHAN_PRECOMPILED_HEADERS
    <fmt/format.h> <algorithm> <array> <chrono> <cstdint> <expected> <functional> <map> <memory> <optional> <string>
    <string_view> <unordered_map> <utility> <variant> <vector>)
# Those of http/asio.h, which every file includes that takes part in the networking.
set(YIZHAN_PRECOMPILED_NETWORK_HEADERS
    <boost/asio/basic_stream_socket.hpp> <boost/asio/basic_waitable_timer.hpp> <boost/asio/io_context.hpp>
    <boost/asio/ip/tcp.hpp> <boost/asio/post.hpp>)

# Precompiling costs seconds, so two parts do it and the others share theirs.
function(yizhan_precompile name)
  if(name STREQUAL "base")
    target_precompile_headers(yizhan_base PRIVATE ${YIZHAN_PRECOMPILED_HEADERS})
  elseif(name STREQUAL "http")
    target_precompile_headers(yizhan_http PRIVATE ${YIZHAN_PRECOMPILED_HEADERS} ${YIZHAN_PRECOMPILED_NETWORK_HEADERS})
  elseif("http" IN_LIST ARGN)
    target_precompile_headers(yizhan_${name} REUSE_FROM yizhan_http)
  else()
    target_precompile_headers(yizhan_${name} REUSE_FROM yizhan_base)
  endif()
endfunction()

# yizhan_part(NAME [DEPENDS part...] [LINK library...]): the static library of src/<folder of the caller>.
# Every .cpp below the folder belongs to it.
function(yizhan_part name)
  cmake_parse_arguments(PART "" "" "DEPENDS;LINK" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  if(NOT sources)
    add_library(yizhan_${name} INTERFACE)
    set(scope INTERFACE)
  else()
    add_library(yizhan_${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(yizhan_${name} PRIVATE yizhan_warnings)
    if(YIZHAN_PRECOMPILE)
      yizhan_precompile(${name} ${PART_DEPENDS})
    endif()
  endif()
  target_include_directories(yizhan_${name} ${scope} ${PROJECT_SOURCE_DIR}/src)
  foreach(part ${PART_DEPENDS})
    target_link_libraries(yizhan_${name} ${scope} yizhan_${part})
  endforeach()
  target_link_libraries(yizhan_${name} ${scope} ${PART_LINK})
endfunction()

# yizhan_test(NAME folder [LINK library...]): one GoogleTest program from every .cpp in the folder; each test is known to ctest.
function(yizhan_test name folder)
  cmake_parse_arguments(TEST "" "TIMEOUT" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  if(NOT sources)
    return()
  endif()
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 120)
  endif()
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE yizhan_warnings ${TEST_LINK} GTest::gtest GTest::gmock GTest::gtest_main rapidcheck)
  gtest_discover_tests(${name} TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT ${TEST_TIMEOUT} LABELS unit)
endfunction()
