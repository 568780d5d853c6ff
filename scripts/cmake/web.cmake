# The script and style of the HTML report: bundled by esbuild with the packages that the lock file pins, and
# compiled in. The library cachebench_web holds them; lib/report/web_assets.h declares them.
find_program(NODE_PROGRAM NAMES node nodejs)
find_program(NPM_PROGRAM npm)
if(NOT NODE_PROGRAM OR NOT NPM_PROGRAM)
  message(FATAL_ERROR "nodejs and npm are missing, which build the charts of the HTML report: run scripts/setup")
endif()

set(web_source "${PROJECT_SOURCE_DIR}/lib/report/web")
set(web_build "${PROJECT_BINARY_DIR}/web")
file(GLOB_RECURSE web_sources CONFIGURE_DEPENDS "${web_source}/src/*.js" "${web_source}/src/*.css")

add_custom_command(
  OUTPUT "${web_build}/packages.stamp"
  COMMAND "${CMAKE_COMMAND}" -E copy "${web_source}/package.json" "${web_source}/package-lock.json" "${web_build}"
  COMMAND "${NPM_PROGRAM}" ci --prefer-offline --no-audit --no-fund --loglevel=error
  COMMAND "${CMAKE_COMMAND}" -E touch "${web_build}/packages.stamp"
  DEPENDS "${web_source}/package.json" "${web_source}/package-lock.json"
  WORKING_DIRECTORY "${web_build}"
  COMMENT "Installing the packages of the HTML report"
  VERBATIM)
add_custom_command(
  OUTPUT "${web_build}/web_assets.cpp"
  COMMAND "${NODE_PROGRAM}" "${web_source}/build.mjs" "${web_source}" "${web_build}/web_assets.cpp"
  DEPENDS "${web_build}/packages.stamp" "${web_source}/build.mjs" ${web_sources}
  WORKING_DIRECTORY "${web_build}"
  COMMENT "Bundling the charts of the HTML report"
  VERBATIM)
file(MAKE_DIRECTORY "${web_build}")

add_library(cachebench_web STATIC "${web_build}/web_assets.cpp")
target_compile_options(cachebench_web PRIVATE -Wno-overlength-strings)  # the bundle is one literal
target_include_directories(cachebench_web PRIVATE "${PROJECT_SOURCE_DIR}/lib")
