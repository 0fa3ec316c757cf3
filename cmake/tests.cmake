# One program per test/native/*_test.cc, linked with the core. doctest's main() comes from here.
find_path(doctest_include doctest/doctest.h)
if(NOT doctest_include)
  message(WARNING "No native tests in this build: doctest is missing (Debian: doctest-dev)")
  return()
endif()
if(CMAKE_CROSSCOMPILING)
  # The build machine's whole /usr/include must not come along with this one header.
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/include)
  file(CREATE_LINK ${doctest_include}/doctest ${CMAKE_BINARY_DIR}/include/doctest SYMBOLIC)
  set(doctest_include ${CMAKE_BINARY_DIR}/include CACHE PATH "" FORCE)
endif()

enable_testing()

file(GLOB test_sources CONFIGURE_DEPENDS test/native/*_test.cc)
foreach(source ${test_sources})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE mkwrite_core)
  target_include_directories(${name} SYSTEM PRIVATE ${doctest_include})
  # doctest's own SIGSEGV handler would stand in the way of the one under test.
  target_compile_definitions(${name} PRIVATE
    DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN DOCTEST_CONFIG_NO_POSIX_SIGNALS)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY test)
  add_test(NAME ${name} COMMAND ${MKWRITE_TEST_LAUNCHER} $<TARGET_FILE:${name}>)
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endforeach()
