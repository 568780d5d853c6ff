# layer(<name> [USES <layer>...] [LINKS <target>...])
#
# One folder of lib/ is one static library. A layer may use only layers declared before it, so the order of
# lib/CMakeLists.txt is the order of dependence; tests/tidy holds every #include against the same table.
set(CACHEBENCH_LAYER_TABLE "${PROJECT_BINARY_DIR}/layers.txt")
file(WRITE "${CACHEBENCH_LAYER_TABLE}" "")
set_property(GLOBAL PROPERTY CACHEBENCH_LAYERS "")

function(layer name)
  cmake_parse_arguments(ARG "" "" "USES;LINKS" ${ARGN})
  get_property(declared GLOBAL PROPERTY CACHEBENCH_LAYERS)
  foreach(used IN LISTS ARG_USES)
    if(NOT used IN_LIST declared)
      message(FATAL_ERROR "lib/${name} uses '${used}', which is not declared before it")
    endif()
  endforeach()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp")
  set(target cachebench_${name})
  add_library(${target} STATIC ${sources})
  cachebench_unite(${target} ${sources})
  target_include_directories(${target} PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}/generated")
  target_link_libraries(${target} PUBLIC ${ARG_LINKS} Threads::Threads)
  foreach(used IN LISTS ARG_USES)
    target_link_libraries(${target} PUBLIC cachebench_${used})
  endforeach()
  set_property(GLOBAL APPEND PROPERTY CACHEBENCH_LAYERS ${name})
  list(JOIN ARG_USES " " uses)
  file(APPEND "${CACHEBENCH_LAYER_TABLE}" "${name}: ${uses}\n")
endfunction()

# Compiles several files of a layer as one where CACHEBENCH_UNITY asks for it: sanitizers make each take long. Variants
# register themselves under one name in each file, so they stay apart.
function(cachebench_unite target)
  if(NOT CACHEBENCH_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  foreach(source IN LISTS ARGN)
    file(STRINGS "${source}" registers LIMIT_COUNT 1 REGEX "^CACHEBENCH_REGISTER\\(")
    if(registers)
      set_source_files_properties("${source}" PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  endforeach()
endfunction()

# Self-registering variants are dropped silently from a plain static library, so executables link every
# layer they use whole.
function(cachebench_link target)
  get_property(layers GLOBAL PROPERTY CACHEBENCH_LAYERS)
  target_link_libraries(${target} PRIVATE ${ARGN})
  foreach(name IN LISTS layers)
    set_property(TARGET ${target} PROPERTY LINK_LIBRARY_OVERRIDE_cachebench_${name} WHOLE_ARCHIVE)
  endforeach()
endfunction()
