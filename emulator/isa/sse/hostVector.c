// SPDX-License-Identifier: MIT
/*
 * Executes single instructions on the host processor, for sse.test.ts.
 *
 * Standard input and output: records of the structure below. The code runs with the registers given, rdi pointing into `memory`.
 * After a fault `signal` is set and only `mxcsr`, as the fault delivered it, is meaningful.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

struct record {
  uint8_t code[16];      /* 0 */
  uint64_t rax, rcx, rdx, rbx; /* 16 */
  uint8_t xmm[4][16];    /* 48 */
  uint8_t memory[64];    /* 112 */
  uint32_t mxcsr, flags; /* 176 */
  uint32_t offset, length; /* 184: of rdi in memory; of the code */
  uint32_t signal, pad;  /* 192 */
};

static sigjmp_buf escape;
static volatile uint32_t fault_mxcsr;
static void on_signal(int sig, siginfo_t *info, void *context) {
  (void)info;
  fault_mxcsr = ((ucontext_t *)context)->uc_mcontext.fpregs->mxcsr;
  siglongjmp(escape, sig);
}

void trampoline(struct record *r, void *code, void *memory);
__asm__(
  "trampoline:\n"
  "  push %rbx; push %rbp; push %r12; push %r13; push %r14\n"
  "  mov %rdi, %r12; mov %rsi, %r13; mov %rdx, %rdi\n"
  "  movdqu 48(%r12), %xmm0; movdqu 64(%r12), %xmm1; movdqu 80(%r12), %xmm2; movdqu 96(%r12), %xmm3\n"
  "  ldmxcsr 176(%r12)\n"
  "  mov 16(%r12), %rax; mov 24(%r12), %rcx; mov 32(%r12), %rdx; mov 40(%r12), %rbx\n"
  "  pushfq; pop %r14; and $~0x8d5, %r14; movl 180(%r12), %ebp; or %rbp, %r14; push %r14; popfq\n"
  "  call *%r13\n"
  "  pushfq; pop %r14; movl %r14d, 180(%r12)\n"
  "  stmxcsr 176(%r12)\n"
  "  movdqu %xmm0, 48(%r12); movdqu %xmm1, 64(%r12); movdqu %xmm2, 80(%r12); movdqu %xmm3, 96(%r12)\n"
  "  mov %rax, 16(%r12); mov %rcx, 24(%r12); mov %rdx, 32(%r12); mov %rbx, 40(%r12)\n"
  "  pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
  "  ret\n");

int main(void) {
  static struct record records[1024];
  static uint8_t memory[64] __attribute__((aligned(64)));
  static const uint32_t initial = 0x1f80;
  uint8_t *code = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct sigaction sa = {0};
  sa.sa_sigaction = on_signal;
  sa.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGFPE, &sa, 0);
  sigaction(SIGSEGV, &sa, 0);
  sigaction(SIGILL, &sa, 0);
  sigaction(SIGBUS, &sa, 0);
  for (;;) {
    size_t n = fread(records, sizeof *records, 1024, stdin);
    if (n == 0) return 0;
    for (size_t i = 0; i < n; i++) {
      struct record *r = &records[i];
      memcpy(memory, r->memory, 64);
      memcpy(code, r->code, r->length);
      code[r->length] = 0xc3;
      int sig = sigsetjmp(escape, 0);
      if (sig == 0) trampoline(r, code, memory + r->offset);
      else r->mxcsr = fault_mxcsr;
      r->signal = sig;
      __asm__ volatile("ldmxcsr %0" :: "m"(initial));
      memcpy(r->memory, memory, 64);
    }
    fwrite(records, sizeof *records, n, stdout);
  }
}
