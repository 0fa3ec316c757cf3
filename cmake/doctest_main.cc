// doctest's implementation and main(), compiled once for all test programs. Without its own SIGSEGV
// handler, which would stand in the way of the one under test.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#define DOCTEST_CONFIG_NO_POSIX_SIGNALS
#include <doctest/doctest.h>
