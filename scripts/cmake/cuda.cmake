# The device kernels. With a CUDA toolkit they are compiled, so that none is broken unseen; what runs them opens
# the driver by itself. sm_61 is beyond newer toolkits: scripts/check-sm61.
set(CACHEBENCH_CUDA AUTO CACHE STRING "Compile the device kernels: AUTO (where there is nvcc), ON or OFF")
set_property(CACHE CACHEBENCH_CUDA PROPERTY STRINGS AUTO ON OFF)
if(NOT CACHEBENCH_CUDA STREQUAL "OFF")
  find_program(CACHEBENCH_NVCC nvcc HINTS /usr/local/cuda/bin ENV CUDA_HOME PATH_SUFFIXES bin)
  if(CACHEBENCH_NVCC)
    set(kernels "${PROJECT_SOURCE_DIR}/lib/tier/device/cuda/quantise.cu")
    set(fatbin "${CMAKE_BINARY_DIR}/cuda/quantise.fatbin")
    set(targets "")
    foreach(arch 75 80 90)
      list(APPEND targets -gencode arch=compute_${arch},code=sm_${arch})
    endforeach()
    file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/cuda")
    add_custom_command(OUTPUT "${fatbin}"
      COMMAND "${CACHEBENCH_NVCC}" -std=c++20 --expt-relaxed-constexpr --fmad=false -Werror all-warnings
              "-I${PROJECT_SOURCE_DIR}/lib" --fatbin ${targets} "${kernels}" -o "${fatbin}"
      DEPENDS "${kernels}" "${PROJECT_SOURCE_DIR}/lib/tier/device/cuda/quantise_kernels.h"
              "${PROJECT_SOURCE_DIR}/lib/core/float_formats.h"
      COMMENT "Compiling the device kernels" VERBATIM)
    add_custom_target(cuda_kernels ALL DEPENDS "${fatbin}")
  elseif(CACHEBENCH_CUDA STREQUAL "ON")
    message(FATAL_ERROR "CACHEBENCH_CUDA=ON: nvcc not found; set CUDA_HOME, or take AUTO")
  else()
    message(STATUS "nvcc not found: the device kernels are not compiled")
  endif()
endif()
