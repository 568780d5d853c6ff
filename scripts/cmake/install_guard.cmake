# Another project has a program of this name: an install refuses to replace a file that is not ours.
install(CODE [[
  set(existing "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/bin/cachebench")
  if(EXISTS "${existing}")
    execute_process(COMMAND "${existing}" --version OUTPUT_VARIABLE version ERROR_QUIET RESULT_VARIABLE failed)
    if(failed OR NOT version MATCHES "^cachebench [0-9]+\\.[0-9]+")
      message(FATAL_ERROR "${existing} is another project's program: choose another --prefix")
    endif()
  endif()
]])
