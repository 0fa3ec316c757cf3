# For each rule of the protocol a program in which it is left out (native/faults/mutant.h), and the test
# that must then fail. docs/rules.md shows the same table to readers.
if(NOT TARGET native_tests OR CMAKE_CROSSCOMPILING OR MKWRITE_SANITIZER)
  return()
endif()

add_custom_target(mutants)
# mutant(name, the source that holds the mistake, the test program, the test case)
function(mutant name source program test_case)
  set(target mutant_${name})
  # Only one source is compiled again; the linker takes its symbols and leaves those of the library.
  add_executable(${target} EXCLUDE_FROM_ALL $<TARGET_OBJECTS:${program}> native/${source})
  target_compile_definitions(${target} PRIVATE MKWRITE_MUTANT=${name})
  target_link_libraries(${target} PRIVATE mkwrite_core doctest_main)
  set_target_properties(${target} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY mutants
    # clang-tidy would look at the source once more for each mutant.
    EXPORT_COMPILE_COMMANDS OFF)
  add_dependencies(mutants ${target})
  add_test(NAME ${target}
    COMMAND sh ${CMAKE_SOURCE_DIR}/test/native/expect_failure.sh $<TARGET_FILE:${target}> ${test_case})
  set_tests_properties(${target} PROPERTIES LABELS mutant TIMEOUT 120)
endfunction()

mutant(kTakeWithoutProtecting tracking/write_fault.cc seam_test
  "a write to an open page is not lost, wherever the collect is")
mutant(kScanThenProtect tracking/userfaultfd.cc race_test
  "nothing is lost when two writers meet thousands of collects on few pages")
mutant(kParkWritable tracking/tracked_view.cc parked_tables_test
  "a table with written pages stays, and what was written is not lost, nor what comes next")
mutant(kOpenWithoutLock tracking/write_fault.cc seam_test
  "a fault that is about to open its page keeps collects out")
mutant(kTouchViewUnderLock tracking/tracker_faults.cc ownership_test
  "what the device wrote is read by the CPU once the submission is done")
mutant(kCollectBeforeClosing tracking/tracker.cc ownership_test
  "a write between closing and owning waits until the claim is complete")
mutant(kWaitUnderLock tracking/tracker_faults.cc ownership_test
  "a touch that waits blocks no other fault, no collect and no submission")
mutant(kOpenWithoutReadback tracking/tracker_faults.cc ownership_test
  "a write to a device-owned page reads back first, and both sides' bytes survive")
mutant(kUnmapWithoutCollect tracking/tracker.cc views_test
  "a view that goes leaves its dirt")
mutant(kSwitchWithoutCollect tracking/tracker.cc switching_test
  "what was written before a change and not collected is reported after it")
mutant(kLaneWithoutLooking tracking/lanes.cc streams_test
  "a write just before its page is left to write faults is not lost")
mutant(kArmWithoutTaking tracking/write_fault.cc switching_test
  "what was written to a lane is not lost when the mechanism changes before it is collected")
mutant(kDirtForOneResource coherence/coherent_buffer.cc coherence_test
  "a page shared by two resources stays dirty for the one that was not used")
mutant(kReportOwned tracking/full.cc ownership_test
  "a device-owned page is never reported")
mutant(kWakeOwned tracking/tracker.cc dormant_test
  "the device may write dormant pages, and the CPU what is left of them")
mutant(kGiveUpWithoutMappings tracking/tracker_faults.cc mappings_test
  "with no mapping left, the first write opens the view, and tracking goes on")
mutant(kAnnounceBeforeWaking device/emulated_device.cc emulated_device_test
  "waiters are woken before progress is announced")
mutant(kWaitForever device/emulated_device.cc emulated_device_test
  "a fault that waits longer than the lockup timeout declares the device lost")
mutant(kForgetPredecessor faults/chain.cc handler_test
  "an earlier handler goes on resolving its faults, before and after ours is installed")
mutant(kUpdateFromLive tracking/tracker.cc compare_test
  "what changes after a collect and changes back is not on the device")
mutant(kTrimKnownDirt tracking/trimming.cc trimming_test
  "a change that a failed collect has found is reported by the next")
mutant(kDropFailedDirt coherence/validation.cc coherence_test
  "an update that the device refuses keeps its dirt, and the CPU keeps its pages")
