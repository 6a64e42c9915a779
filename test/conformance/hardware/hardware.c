// SPDX-License-Identifier: MIT
/*
 * Runs code on the processor this is compiled on, each case with all of a user program's state given and all of it reported back.
 *
 * The whole program lives in its signal handler: a case is started by returning from the handler to a context that holds the case's
 * state, and ends with the next exception, whose handler finds everything in its context. So nothing has to be loaded or saved by
 * instructions. Code ends with INT3, and all of the code pages that is not code is INT3.
 *
 * Cases come from standard input and results go to standard output, in the layouts below (hostProcessor.ts writes and reads them).
 * There is no C library: nothing here may depend on FS, GS or memory that a case could guess; link it far above 4 GiB.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

#define CODE 0x10000000UL
#define DATA 0x20000000UL
#define READ_ONLY 0x30000000UL
/* The code pages once more, writable only; the data pages once more, above 4 GiB. */
#define CODE_ALIAS 0x18000000UL
#define HIGH 0x345620000000UL
#define SIZE 0x2000
#define WINDOW 0xe00
#define WINDOW_END 0x1200

struct Override { u64 address; u64 length; u8 bytes[16]; };
struct Case {
  u16 cs, ds, es, fs, gs, ss, codeLength, overrides;
  u64 registers[16], rip, flags;
  u32 seed, unused;
  u8 fx[512];
  struct Override override[4];
  u8 code[472];
};
struct Result {
  u32 vector, signal;
  u64 error, cr2, registers[16], rip, flags;
  u16 cs, ds, es, fs, gs, ss, changes, unused;
  u8 fx[512];
};

static long call(long n, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
  __asm__ volatile("syscall" : "+a"(n) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return n;
}
enum { READ, WRITE, MMAP = 9, SIGACTION = 13, SETITIMER = 38, EXIT = 60, SIGALTSTACK = 131, MODIFY_LDT = 154, MEMFD = 319 };

/* As the kernel lays them out (arch/x86/include/uapi/asm/sigcontext.h). */
struct Context {
  u64 flags;
  void *link, *stackPointer;
  u64 stackFlags, stackSize;
  u64 r8, r9, r10, r11, r12, r13, r14, r15, di, si, bp, bx, dx, ax, cx, sp, ip, eflags;
  u16 cs, gs, fs, ss;
  u64 err, trapno, oldmask, cr2;
  u8 *fx;
};
struct Action { void *handler; u64 flags; void *restorer; u64 mask; };
enum { SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGSEGV = 11, SIGALRM = 14 };

static struct Case current;
static struct { struct Result result; u16 change[2 * SIZE][2]; } out;
static u8 before[SIZE];
static u8 *const code = (u8 *)CODE, *const data = (u8 *)DATA;
static u64 count, countAtTick = -1UL;
static u8 input[1 << 16], output[1 << 16];
static u64 inputAt, inputEnd, outputAt;

static void copy(void *to, const void *from, u64 n) { __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n)::"memory"); }
static void fill(void *to, u8 value, u64 n) { __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(value) : "memory"); }
static void flush(void) {
  for (u64 at = 0; at < outputAt;) at += call(WRITE, 1, (long)(output + at), outputAt - at, 0, 0, 0);
  outputAt = 0;
}
static void emit(const void *bytes, u64 n) {
  if (outputAt + n > sizeof output) flush();
  if (n > sizeof output) {
    for (u64 at = 0; at < n;) at += call(WRITE, 1, (long)bytes + at, n - at, 0, 0, 0);
    return;
  }
  copy(output + outputAt, bytes, n);
  outputAt += n;
}
static void nextCase(void) {
  u8 *to = (u8 *)&current;
  for (u64 need = sizeof current; need;) {
    if (inputAt == inputEnd) {
      flush();
      long n = call(READ, 0, (long)input, sizeof input, 0, 0, 0);
      if (n <= 0) call(EXIT, 0, 0, 0, 0, 0, 0);
      inputAt = 0;
      inputEnd = n;
    }
    u64 n = inputEnd - inputAt < need ? inputEnd - inputAt : need;
    copy(to, input + inputAt, n);
    to += n;
    inputAt += n;
    need -= n;
  }
}
static void prepareMemory(void) {
  fill(code, 0xcc, SIZE);
  copy(code + (current.rip - CODE), current.code, current.codeLength);
  fill(data, 0, SIZE);
  u32 s = current.seed;
  for (u32 i = WINDOW; i < WINDOW_END; i += 4) {
    s ^= s << 13;
    s ^= s >> 17;
    s ^= s << 5;
    *(u32 *)(data + i) = s;
  }
  for (int i = 0; i < current.overrides; i++) {
    struct Override *o = &current.override[i];
    copy((u8 *)o->address, o->bytes, o->length);
  }
  copy(before, data, SIZE);
}

static void on(int signal, void *info, struct Context *c) {
  (void)info;
  u16 ds, es, fs, gs;
  __asm__ volatile("mov %%ds, %0\n mov %%es, %1\n mov %%fs, %2\n mov %%gs, %3" : "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
  u64 *const order[16] = { &c->ax, &c->cx, &c->dx, &c->bx, &c->sp, &c->bp, &c->si, &c->di,
                           &c->r8, &c->r9, &c->r10, &c->r11, &c->r12, &c->r13, &c->r14, &c->r15 };
  if (signal == SIGALRM) {
    int stuck = countAtTick == count && count > 0 && inputAt != inputEnd;
    countAtTick = count;
    if (!stuck) return;
    c->trapno = 255;
  }
  if (count > 0) {
    struct Result *r = &out.result;
    r->vector = c->trapno;
    r->signal = signal;
    r->error = c->err;
    r->cr2 = c->cr2;
    for (int i = 0; i < 16; i++) r->registers[i] = *order[i];
    r->rip = c->ip;
    r->flags = c->eflags;
    r->cs = c->cs;
    r->ss = c->ss;
    r->ds = ds;
    r->es = es;
    r->fs = fs;
    r->gs = gs;
    copy(r->fx, c->fx, 512);
    u16 n = 0;
    for (u32 i = 0; i < SIZE; i += 8)
      if (*(u64 *)(data + i) != *(u64 *)(before + i))
        for (u32 k = i; k < i + 8; k++)
          if (data[k] != before[k]) {
            out.change[n][0] = k;
            out.change[n++][1] = data[k];
          }
    r->changes = n;
    emit(&out, sizeof *r + n * 4);
  }
  count++;
  nextCase();
  prepareMemory();
  for (int i = 0; i < 16; i++) *order[i] = current.registers[i];
  c->ip = current.cs == 7 ? current.rip - CODE : current.rip;
  c->eflags = current.flags;
  c->cs = current.cs;
  c->ss = current.ss;
  /* FX image up to xmm15; what follows belongs to the kernel. Then XSTATE_BV: x87 and SSE are there. */
  copy(c->fx, current.fx, 416);
  *(u64 *)(c->fx + 512) |= 3;
  u64 zero = 0;
  __asm__ volatile("mov %0, %%fs\n mov %0, %%gs\n wrfsbase %4\n wrgsbase %4\n mov %1, %%ds\n mov %2, %%es\n mov %3, %%gs" ::"r"(0), "r"(current.ds),
                   "r"(current.es), "r"(current.gs), "r"(zero));
  if (current.fs) __asm__ volatile("mov %0, %%fs" ::"r"(current.fs));
}
__asm__("restore: mov $15, %eax\n syscall\n");
extern void restore(void);

struct Descriptor { u32 entry, base, limit, bits; };
static void descriptor(u32 entry, u32 base, u32 limit, u32 bits) {
  struct Descriptor d = { entry, base, limit, bits };
  call(MODIFY_LDT, 1, (long)&d, sizeof d, 0, 0, 0);
}
void _start(void) {
  /* All with MAP_POPULATE: a page that is not there yet faults otherwise than one that may not be written. */
  enum { PROT_R = 1, PROT_RW = 3, PROT_RWX = 7, SHARED_FIXED = 0x8011 };
  long memory = call(MEMFD, (long)"data", 0, 0, 0, 0, 0);
  call(77 /* ftruncate */, memory, 2 * SIZE, 0, 0, 0, 0);
  call(MMAP, CODE, SIZE, PROT_RWX, SHARED_FIXED, memory, SIZE);
  call(MMAP, CODE_ALIAS, SIZE, PROT_RW, SHARED_FIXED, memory, SIZE);
  call(MMAP, DATA, SIZE, PROT_RW, SHARED_FIXED, memory, 0);
  call(MMAP, HIGH, SIZE, PROT_RW, SHARED_FIXED, memory, 0);
  call(MMAP, READ_ONLY, SIZE, PROT_R, SHARED_FIXED, memory, 0);
  /* Bits: 1 32-bit, 2-3 contents (0 data, 2 code), 4 in pages, 6 usable. */
  descriptor(0, CODE, 0xffff, 2 << 1 | 1 << 6);
  descriptor(1, DATA, 0x2fff, 1 << 6);
  descriptor(2, DATA, 0x1fff, 1 | 1 << 6);
  static u8 stack[1 << 17] __attribute__((aligned(64)));
  struct { void *sp; u64 flags, size; } alternative = { stack, 0, sizeof stack };
  call(SIGALTSTACK, (long)&alternative, 0, 0, 0, 0, 0);
  static const int signals[] = { SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGALRM };
  for (int i = 0; i < 6; i++) {
    /* SA_SIGINFO, SA_ONSTACK, SA_RESTORER, SA_RESTART. */
    struct Action a = { on, 4 | 0x08000000 | 0x04000000 | 0x10000000, restore, 1UL << (SIGALRM - 1) };
    call(SIGACTION, signals[i], (long)&a, 0, 8, 0, 0);
  }
  u64 timer[4] = { 0, 100000, 0, 100000 };
  call(SETITIMER, 0, (long)timer, 0, 0, 0, 0);
  __asm__ volatile("int3");
}
