// SPDX-License-Identifier: MIT
/* What an operating system does all day: null system calls, page faults, processes, and switches between two of them. */
#include "../bench.h"
#include "../system.h"

/* 1,000 a round. */
uint64_t run_syscall(uint32_t rounds) {
  for (uint32_t i = 0; i < rounds * 1000; i++) system_call(SYS_getppid, 0, 0, 0, 0, 0, 0);
  return rounds;
}

/* 8 MiB of fresh pages a round. */
uint64_t run_fault(uint32_t rounds) {
  const uint32_t size = 8u << 20;
  uint64_t sum = 0;
  while (rounds--) {
    unsigned char *const pages = (unsigned char *)system_call(SYS_mmap, 0, size, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
    for (uint32_t i = 0; i < size; i += 4096) {
      pages[i] = (unsigned char)(i >> 12);
      sum += pages[i + 1] + 1u;
    }
    system_call(SYS_munmap, (long)pages, size, 0, 0, 0, 0);
  }
  return sum;
}

/* A process that ends at once, a round. */
uint64_t run_fork(uint32_t rounds) {
  uint64_t ended = 0;
  while (rounds--) {
    const long child = system_call(SYS_fork, 0, 0, 0, 0, 0, 0);
    if (child == 0) system_call(SYS_exit, 3, 0, 0, 0, 0, 0);
    int status = 0;
    if (system_call(SYS_wait4, child, (long)&status, 0, 0, 0, 0) == child && status == 3 << 8) ended++;
  }
  return ended;
}

/* A byte to another process and back, 100 times a round. */
uint64_t run_switch(uint32_t rounds) {
  int there[2], back[2];
  uint64_t sum = 0;
  char byte = 0;
  system_call(SYS_pipe, (long)there, 0, 0, 0, 0, 0);
  system_call(SYS_pipe, (long)back, 0, 0, 0, 0, 0);
  const uint32_t turns = rounds * 100;
  const long child = system_call(SYS_fork, 0, 0, 0, 0, 0, 0);
  for (uint32_t i = 0; i < turns; i++) {
    if (child == 0) {
      system_call(SYS_read, there[0], (long)&byte, 1, 0, 0, 0);
      byte++;
      system_call(SYS_write, back[1], (long)&byte, 1, 0, 0, 0);
    } else {
      system_call(SYS_write, there[1], (long)&byte, 1, 0, 0, 0);
      system_call(SYS_read, back[0], (long)&byte, 1, 0, 0, 0);
      sum += (unsigned char)byte;
    }
  }
  if (child == 0) system_call(SYS_exit, 0, 0, 0, 0, 0, 0);
  system_call(SYS_wait4, child, 0, 0, 0, 0, 0);
  return sum;
}
