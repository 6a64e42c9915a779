// SPDX-License-Identifier: MIT
/*
 * Reads names of kernels, one a line, from standard input, and for each prints a marker, runs it, and prints another with its checksum. Whoever
 * reads the markers keeps the time: clocks inside a machine need not agree with the world's.
 *
 * As a machine's first process it powers off at the end of its input or at the line "quit"; natively it exits.
 */
#include "bench.h"
#include "system.h"

unsigned char arena[ARENA_SIZE] __attribute__((aligned(4096)));

const kernel kernels[] = {
  {"sha256", run_sha256, 120},      {"quicksort", run_quicksort, 6}, {"list", run_list, 150},       {"matrix", run_matrix, 25},
  {"strings", run_strings, 800},   {"doubles", run_doubles, 100},    {"bytecode", run_bytecode, 12}, {"division", run_division, 80},
  {"calls", run_calls, 20},         {"sse", run_sse, 4000},           {"syscall", run_syscall, 1000}, {"fault", run_fault, 20},
  {"fork", run_fork, 500},         {"switch", run_switch, 50},      {0, 0, 0},
};

#ifdef __x86_64__
long system_call(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return result;
}
__asm__(".globl _start\n_start:\n xor %ebp, %ebp\n and $-16, %rsp\n call bench_main\n");
#else
long system_call(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  const long rest[2] = {number, f};
  /* The sixth argument goes in EBP, which the compiler may be using. */
  __asm__ volatile("push %%ebp\n mov 4(%%eax), %%ebp\n mov (%%eax), %%eax\n int $0x80\n pop %%ebp"
                   : "=a"(result) : "a"(rest), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
  return result;
}
__asm__(".globl _start\n_start:\n xor %ebp, %ebp\n and $-16, %esp\n call bench_main\n");
#endif

/* The compiler may call these by itself. */
void *memcpy(void *to, const void *from, __SIZE_TYPE__ n) {
  unsigned char *t = to;
  const unsigned char *f = from;
  while (n--) *t++ = *f++;
  return to;
}
void *memset(void *to, int value, __SIZE_TYPE__ n) {
  unsigned char *t = to;
  while (n--) *t++ = (unsigned char)value;
  return to;
}

int write_text(const char *text) {
  int length = 0;
  while (text[length]) length++;
  return (int)system_call(SYS_write, 1, (long)text, length, 0, 0, 0);
}

static int equal(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

/* The length of the line, without its end; -1 at the end of input. */
static int read_line(char *line, int size) {
  for (int length = 0;;) {
    char c;
    if (system_call(SYS_read, 0, (long)&c, 1, 0, 0, 0) != 1) return -1;
    if (c == '\r') continue;
    if (c == '\n') {
      line[length] = 0;
      return length;
    }
    if (length < size - 1) line[length++] = c;
  }
}

static void run(const kernel *k) {
  char sum[20];
  write_text("@start ");
  write_text(k->name);
  write_text("\n");
  const uint64_t value = k->run(k->rounds);
  for (int i = 0; i < 16; i++) sum[i] = "0123456789abcdef"[(value >> (60 - 4 * i)) & 15];
  sum[16] = '\n';
  sum[17] = 0;
  write_text("@end ");
  write_text(sum);
}

static void leave(void) {
  /* LINUX_REBOOT_CMD_POWER_OFF: refused unless we are root, and only a machine's first process should ask. */
  if (system_call(SYS_getppid, 0, 0, 0, 0, 0, 0) == 0) system_call(SYS_reboot, 0xfee1dead, 672274793, 0x4321fedc, 0, 0, 0);
  for (;;) system_call(SYS_exit, 0, 0, 0, 0, 0, 0);
}

__attribute__((used)) void bench_main(void) {
  char line[80];
  write_text("@ready\n");
  for (int length = read_line(line, sizeof line); length >= 0 && !equal(line, "quit"); length = read_line(line, sizeof line)) {
    const kernel *k = kernels;
    while (k->name && !equal(k->name, line)) k++;
    if (k->name) run(k);
    else write_text("@unknown\n");
  }
  leave();
}
