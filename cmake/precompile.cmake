# Headers that are parsed once instead of in every file: parsing them is half of what a file costs (measured: a release build in
# 40 % less time, a test in 60 %). Only others' headers, which never change: a change of our own rebuilds what includes it.
# That each file names what it needs itself shows in a build without (`./test full`; CMAKE_DISABLE_PRECOMPILE_HEADERS).

set(YIZHAN_PRECOMPILED_HEADERS
    <fmt/format.h> <algorithm> <array> <chrono> <cstdint> <expected> <functional> <map> <memory> <optional> <string>
    <string_view> <unordered_map> <utility> <variant> <vector>)
# Those of http/asio.h, which every file includes that takes part in the networking.
set(YIZHAN_PRECOMPILED_NETWORK_HEADERS
    <boost/asio/basic_stream_socket.hpp> <boost/asio/basic_waitable_timer.hpp> <boost/asio/io_context.hpp>
    <boost/asio/ip/tcp.hpp> <boost/asio/post.hpp>)
set(YIZHAN_PRECOMPILED_TEST_HEADERS <gtest/gtest.h> <gmock/gmock.h> <rapidcheck/gtest.h>)

# ccache takes a precompiled file's use of macros and of time for what it is, and the compilers tell it what was in it.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fpch-preprocess)
else()
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
endif()

# Precompiling costs seconds, so one target of each kind does it and the others share its own.
function(yizhan_precompile_part name) # [part it depends on...]
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

# With the networking's headers goes its compiled half, which the http part has, for tests of parts that do without too.
function(yizhan_precompile_test name)
  target_link_libraries(${name} PRIVATE yizhan_http)
  if(name STREQUAL "unit_base")
    target_precompile_headers(unit_base PRIVATE ${YIZHAN_PRECOMPILED_HEADERS} ${YIZHAN_PRECOMPILED_NETWORK_HEADERS}
                              ${YIZHAN_PRECOMPILED_TEST_HEADERS})
  else()
    target_precompile_headers(${name} REUSE_FROM unit_base)
  endif()
endfunction()
