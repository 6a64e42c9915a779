// SPDX-License-Identifier: MIT
/*
 * The host processor's answers to scalar SSE operations, for softfloat.test.ts.
 *
 * Standard input: records of 24 bytes, u32 operation, u32 MXCSR, u64 a, u64 b (b's low byte is the immediate of rounding).
 * Standard output: 16 bytes each, u64 result, u32 MXCSR afterwards, u32 1 if #XM was raised. A faulting instruction is
 * repeated with all exceptions masked; its MXCSR is the one the fault delivered.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

static volatile uint32_t fault, fault_mxcsr;
static void on_fpe(int sig, siginfo_t *info, void *context) {
  ucontext_t *u = context;
  (void)sig; (void)info;
  fault = 1;
  fault_mxcsr = u->uc_mcontext.fpregs->mxcsr;
  u->uc_mcontext.fpregs->mxcsr |= 0x1f80;
}

struct request { uint32_t op, mxcsr; uint64_t a, b; };
struct answer { uint64_t result; uint32_t mxcsr, fault; };

/* xmm1 = a, xmm2 = b; result in xmm1 */
#define XX(insn) __asm__ volatile("movq %1, %%xmm1; movq %2, %%xmm2; ldmxcsr %3; " insn "; stmxcsr %4; movq %%xmm1, %0" \
  : "=m"(o->result), "+m"(r->a), "+m"(r->b), "+m"(r->mxcsr), "=m"(after) :: "xmm1", "xmm2", "memory")
#define XG(insn) __asm__ volatile("movq %1, %%xmm1; ldmxcsr %2; xorl %%eax, %%eax; " insn "; stmxcsr %3; movq %%rax, %0" \
  : "=m"(o->result), "+m"(r->a), "+m"(r->mxcsr), "=m"(after) :: "xmm1", "rax", "memory")
#define GX(insn) __asm__ volatile("movq %1, %%rax; pxor %%xmm1, %%xmm1; ldmxcsr %2; " insn "; stmxcsr %3; movq %%xmm1, %0" \
  : "=m"(o->result), "+m"(r->a), "+m"(r->mxcsr), "=m"(after) :: "xmm1", "rax", "memory")
#define CMP(insn) __asm__ volatile("movq %1, %%xmm1; movq %2, %%xmm2; ldmxcsr %3; xorl %%eax, %%eax; " insn "; lahf; stmxcsr %4; movzbl %%ah, %%eax; movq %%rax, %0" \
  : "=m"(o->result), "+m"(r->a), "+m"(r->b), "+m"(r->mxcsr), "=m"(after) :: "xmm1", "xmm2", "rax", "cc", "memory")
#define BOTH(n, name) case n: XX(name "ss %%xmm2, %%xmm1"); break; case n + 1: XX(name "sd %%xmm2, %%xmm1"); break;
#define ROUND(n, imm) case n: XX("roundss $" #imm ", %%xmm1, %%xmm1"); break; case n + 1: XX("roundsd $" #imm ", %%xmm1, %%xmm1"); break;
#define COMPARE(n, imm) case n: XX("cmpss $" #imm ", %%xmm2, %%xmm1"); break; case n + 1: XX("cmpsd $" #imm ", %%xmm2, %%xmm1"); break;

int main(void) {
  struct sigaction sa = {0};
  sa.sa_sigaction = on_fpe;
  sa.sa_flags = SA_SIGINFO;
  sigaction(SIGFPE, &sa, 0);
  static struct request in[4096];
  static struct answer out[4096];
  uint32_t initial = 0x1f80;
  for (;;) {
    size_t n = fread(in, sizeof *in, 4096, stdin);
    if (n == 0) return 0;
    for (size_t i = 0; i < n; i++) {
      struct request *r = &in[i];
      struct answer *o = &out[i];
      uint32_t after = 0;
      fault = 0;
      switch (r->op) {
        BOTH(0, "add")
        BOTH(2, "sub")
        BOTH(4, "mul")
        BOTH(6, "div")
        BOTH(8, "min")
        BOTH(10, "max")
        case 12: XX("sqrtss %%xmm1, %%xmm1"); break;
        case 13: XX("sqrtsd %%xmm1, %%xmm1"); break;
        case 14: CMP("ucomiss %%xmm2, %%xmm1"); break;
        case 15: CMP("ucomisd %%xmm2, %%xmm1"); break;
        case 16: CMP("comiss %%xmm2, %%xmm1"); break;
        case 17: CMP("comisd %%xmm2, %%xmm1"); break;
        case 18: XX("cvtss2sd %%xmm1, %%xmm1"); break;
        case 19: XX("cvtsd2ss %%xmm1, %%xmm1"); break;
        case 20: XG("cvtss2si %%xmm1, %%eax"); break;
        case 21: XG("cvtsd2si %%xmm1, %%eax"); break;
        case 22: XG("cvtss2si %%xmm1, %%rax"); break;
        case 23: XG("cvtsd2si %%xmm1, %%rax"); break;
        case 24: XG("cvttss2si %%xmm1, %%eax"); break;
        case 25: XG("cvttsd2si %%xmm1, %%eax"); break;
        case 26: XG("cvttss2si %%xmm1, %%rax"); break;
        case 27: XG("cvttsd2si %%xmm1, %%rax"); break;
        case 28: GX("cvtsi2ssl %%eax, %%xmm1"); break;
        case 29: GX("cvtsi2sdl %%eax, %%xmm1"); break;
        case 30: GX("cvtsi2ssq %%rax, %%xmm1"); break;
        case 31: GX("cvtsi2sdq %%rax, %%xmm1"); break;
        ROUND(32, 0) ROUND(34, 1) ROUND(36, 2) ROUND(38, 3) ROUND(40, 4) ROUND(42, 8) ROUND(44, 12)
        COMPARE(48, 0) COMPARE(50, 1) COMPARE(52, 2) COMPARE(54, 3) COMPARE(56, 4) COMPARE(58, 5) COMPARE(60, 6) COMPARE(62, 7)
        case 64: XX("rcpss %%xmm1, %%xmm1"); break;
        case 66: XX("rsqrtss %%xmm1, %%xmm1"); break;
        default: return 2;
      }
      __asm__ volatile("ldmxcsr %0" :: "m"(initial));
      o->mxcsr = fault ? fault_mxcsr : after;
      o->fault = fault;
    }
    fwrite(out, sizeof *out, n, stdout);
  }
}
