# yizhan_python_tests(label [TIMEOUT seconds]): every test_*.py of the caller's folder is one ctest test, run by pytest against the binary of
# this build.
find_program(SYSTEM_PYTHON3 NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)

function(yizhan_python_tests label)
  cmake_parse_arguments(TEST "" "TIMEOUT" "" ${ARGN})
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/test_*.py)
  foreach(file ${files})
    get_filename_component(name ${file} NAME_WE)
    add_test(NAME ${label}.${name}
             COMMAND ${SYSTEM_PYTHON3} -m pytest -q ${file}
             WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}/tests)
    set_tests_properties(${label}.${name} PROPERTIES
      LABELS ${label} TIMEOUT ${TEST_TIMEOUT}
      ENVIRONMENT "YIZHAN_BINARY=$<TARGET_FILE:yizhan>;PYTHONDONTWRITEBYTECODE=1")
  endforeach()
endfunction()
