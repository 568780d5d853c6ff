# What an installed cachebench has beside the program: completions made by the program itself, and the man page.
set(completions "${PROJECT_BINARY_DIR}/completions")
add_custom_command(OUTPUT "${completions}/cachebench" "${completions}/_cachebench"
  COMMAND "${CMAKE_COMMAND}" -E make_directory "${completions}"
  COMMAND cachebench completion bash > "${completions}/cachebench"
  COMMAND cachebench completion zsh > "${completions}/_cachebench"
  DEPENDS cachebench VERBATIM)
set(extras "${completions}/cachebench" "${completions}/_cachebench")
install(FILES "${completions}/cachebench" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES "${completions}/_cachebench" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")

find_program(SCDOC_PROGRAM scdoc)
if(SCDOC_PROGRAM)
  set(page "${PROJECT_BINARY_DIR}/cachebench.1")
  add_custom_command(OUTPUT "${page}"
    COMMAND "${SCDOC_PROGRAM}" < "${PROJECT_SOURCE_DIR}/docs/cachebench.1.scd" > "${page}"
    DEPENDS "${PROJECT_SOURCE_DIR}/docs/cachebench.1.scd" VERBATIM)
  list(APPEND extras "${page}")
  install(FILES "${page}" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
else()
  message(STATUS "scdoc not found: the man page is left out")
endif()
add_custom_target(cachebench_extras ALL DEPENDS ${extras})
