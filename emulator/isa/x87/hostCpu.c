// SPDX-License-Identifier: MIT
/*
 * Executes single instructions on the host's processor, so that tests can compare.
 *
 * Reads records of 192 + argv[1] bytes from standard input and writes them back changed by the instruction:
 *   0 FCW, 2 FSW, 4 tag bits (bit = physical register not empty), 5 length of the code, 6 FOP, 8 rax, 16 rflags,
 *   24 signal (u32: 0, or SIGFPE, SIGILL, SIGSEGV), 32 FIP, 40 FDP, 48 code (16 bytes), 64 ST0 to ST7 (16 bytes each),
 *   192 memory (rdi points to it).
 * Code and memory are at fixed addresses, so that FIP and FDP can be compared.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define CODE ((uint8_t *)0x10000000)
#define MEMORY ((uint8_t *)0x20000000)

static volatile uint32_t caught;
static volatile uint64_t resume;

static void onSignal(int number, siginfo_t *info, void *context) {
  (void)info;
  ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] = resume;
  caught = number;
}

int main(int argc, char **argv) {
  size_t memorySize = argc > 1 ? strtoul(argv[1], 0, 10) : 64;
  size_t size = 192 + memorySize;
  uint8_t *record = malloc(size);
  static uint8_t image[512] __attribute__((aligned(64)));
  struct sigaction action = {.sa_sigaction = onSignal, .sa_flags = SA_SIGINFO};
  sigaction(SIGFPE, &action, 0);
  sigaction(SIGILL, &action, 0);
  sigaction(SIGSEGV, &action, 0);
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
  if (mmap(CODE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, flags, -1, 0) != CODE) return 1;
  if (mmap(MEMORY, 8192, PROT_READ | PROT_WRITE, flags, -1, 0) != MEMORY) return 1;
  setvbuf(stdin, 0, _IOFBF, 1 << 20);
  setvbuf(stdout, 0, _IOFBF, 1 << 20);
  while (fread(record, size, 1, stdin) == 1) {
    uint64_t rax, rflags;
    unsigned length = record[5];
    memset(image, 0, sizeof image);
    memcpy(image, record, 4);
    image[4] = record[4];
    *(uint32_t *)(image + 24) = 0x1f80;
    memcpy(image + 32, record + 64, 128);
    memcpy(MEMORY, record + 192, memorySize);
    memcpy(CODE, record + 48, length);
    CODE[length] = 0xc3;
    resume = (uint64_t)CODE + length;
    caught = 0;
    memcpy(&rax, record + 8, 8);
    memcpy(&rflags, record + 16, 8);
    __asm__ volatile(
        "fninit\n fxrstor64 %[image]\n"
        "push %[flags]\n popfq\n"
        "call *%[code]\n"
        "pushfq\n pop %[flags]\n cld\n"
        "fxsave64 %[image]\n fninit\n"
        : [image] "+m"(image), "+a"(rax), [flags] "+r"(rflags)
        : [code] "r"(CODE), "D"(MEMORY), "S"(0L), "c"(0L), "d"(0L)
        : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3");
    memcpy(record, image, 5);
    memcpy(record + 6, image + 6, 2);
    memcpy(record + 8, &rax, 8);
    memcpy(record + 16, &rflags, 8);
    uint32_t signalNumber = caught;
    memcpy(record + 24, &signalNumber, 4);
    memcpy(record + 32, image + 8, 16);
    memcpy(record + 64, image + 32, 128);
    memcpy(record + 192, MEMORY, memorySize);
    fwrite(record, size, 1, stdout);
  }
  return 0;
}
