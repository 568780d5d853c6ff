// SPDX-License-Identifier: Apache-2.0
//
// A stand-in for NVIDIA's management library: two GPUs, the second without a compute capability.
#include <cstring>

namespace {

struct Pci {
  char legacy[16];
  unsigned domain;
  unsigned bus;
  unsigned device;
  unsigned pci_device_id;
  unsigned subsystem;
  char bus_id[32];
};

}  // namespace

extern "C" {

int nvmlInit_v2();
int nvmlShutdown();
int nvmlDeviceGetCount_v2(unsigned* count);
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device);
int nvmlDeviceGetPciInfo_v3(void* device, Pci* pci);
int nvmlDeviceGetName(void* device, char* name, unsigned length);
int nvmlDeviceGetMemoryInfo(void* device, unsigned long long* memory);
int nvmlDeviceGetCudaComputeCapability(void* device, int* major, int* minor);
int nvmlDeviceGetMaxPcieLinkGeneration(void* device, unsigned* generation);
int nvmlDeviceGetMaxPcieLinkWidth(void* device, unsigned* width);

int nvmlInit_v2() {
  return 0;
}
int nvmlShutdown() {
  return 0;
}
int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = 3;  // the third one refuses
  return 0;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  static char places[4];
  *device = &places[index];
  return index < 2 ? 0 : 999;
}
int nvmlDeviceGetPciInfo_v3(void* device, Pci* pci) {
  static void* first = nullptr;
  if (first == nullptr) nvmlDeviceGetHandleByIndex_v2(0, &first);
  *pci = {};
  pci->bus = device == first ? 0x0a : 0x01;
  pci->pci_device_id = device == first ? 0x1d1310deU : 0x1c8c10deU;
  return 0;
}
int nvmlDeviceGetName(void*, char* name, unsigned length) {
  std::strncpy(name, "fake NVML, no GPU", length);
  return 0;
}
int nvmlDeviceGetMemoryInfo(void*, unsigned long long* memory) {
  memory[0] = 2ULL << 30;
  return 0;
}
int nvmlDeviceGetCudaComputeCapability(void* device, int* major, int* minor) {
  void* first = nullptr;
  nvmlDeviceGetHandleByIndex_v2(0, &first);
  *major = 6;
  *minor = 1;
  return device == first ? 0 : 3;
}
int nvmlDeviceGetMaxPcieLinkGeneration(void*, unsigned* generation) {
  *generation = 3;
  return 0;
}
int nvmlDeviceGetMaxPcieLinkWidth(void* device, unsigned* width) {
  void* first = nullptr;
  nvmlDeviceGetHandleByIndex_v2(0, &first);
  *width = device == first ? 4 : 255;  // 255: not known
  return 0;
}

}  // extern "C"
