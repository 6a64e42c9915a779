// SPDX-License-Identifier: MIT
/**
 * @fileoverview Where one virtual processor's state lies in linear memory.
 *
 * The interpreter, compiled regions and TypeScript all see the same bytes. Everything is addressed relative to the state's base,
 * so several processors need no other code; bases are below 64 KiB because micro-op records name registers by 16-bit absolute
 * addresses. Offsets are in bytes; integers are little endian.
 *
 * Two words hold the arithmetic flags (see `flags.ts`): FR, the sign-extended result, and FC, the carries. RFLAGS holds only the
 * system flags (TF IF IOPL NT RF VM AC VIF VIP ID); DIRECTION is +1 or -1. CPU code composes the architectural register.
 */

/** Bytes per processor. */
export const STATE_SIZE = 0x1000;
/** Base of processor `index`'s state. Page 0 stays unused, so that a stray zero address never hits state. */
export const stateBase = (index: number): number => STATE_SIZE * (1 + index);
/** More would not fit below 64 KiB. */
export const MAXIMUM_PROCESSORS = 15;

/** General registers: 8 bytes each, numbered as in ModRM/REX encodings. */
export const GPR = (n: number): number => n * 8;
export const SLOT = {
  rax: 0x00,
  rcx: 0x08,
  rdx: 0x10,
  rbx: 0x18,
  rsp: 0x20,
  rbp: 0x28,
  rsi: 0x30,
  rdi: 0x38,
  r8: 0x40,
  r9: 0x48,
  r10: 0x50,
  r11: 0x58,
  r12: 0x60,
  r13: 0x68,
  r14: 0x70,
  r15: 0x78,
  /** i64: address of the next instruction, valid whenever no engine runs. */
  RIP: 0x80,
  FR: 0x88,
  FC: 0x90,
  /** i64, always 0: stands for an absent base or index register. */
  ZERO: 0x98,
  /** i64: linear address that an address micro-op computed for the record behind it. */
  EA: 0xa0,
  /** i64: RIP of byte 0 of the current code page (RIP minus its page offset; may be below zero where CS.base is not page aligned). */
  PAGE: 0xa8,
  /** i64: +1, or -1 when RFLAGS.DF is set. */
  DIRECTION: 0xb0,
  /** i64: system flags only. */
  RFLAGS: 0xb8,
  /** i32: current privilege level. */
  CPL: 0xc0,
  /** i32: 1 while the shadow of MOV SS or POP SS covers the next instruction. */
  SHADOW: 0xc4,
  /** i32: base of the translation block in use (user, supervisor, supervisor with SMAP enforced). */
  TLB: 0xc8,
  /** i32: 1 from the delivery of an NMI to the next IRET. */
  NMI_MASK: 0xcc,

  /** Floating point: 8 registers of 16 bytes, physical numbering: i64 significand, u16 sign and exponent at +8. MMX registers are the significands. */
  FPR: 0x500,
  FCW: 0x580,
  /** u16: status word without TOP. */
  FSW: 0x582,
  /** i32: 0 to 7. */
  FTOP: 0x584,
  /** u8: one bit per physical register, 1 = not empty (the abridged form of FXSAVE). */
  FTW: 0x588,
  FOP: 0x58a,
  FIP: 0x590,
  FDP: 0x598,
  FCS: 0x5a0,
  FDS: 0x5a2,
  MXCSR: 0x5a8,

  CR0: 0x600,
  CR2: 0x608,
  CR3: 0x610,
  CR4: 0x618,
  EFER: 0x620,
  XCR0: 0x628,
  /** DR0 to DR7, 8 bytes each. */
  DR: 0x640,
  STAR: 0x680,
  LSTAR: 0x688,
  CSTAR: 0x690,
  SFMASK: 0x698,
  KERNEL_GS_BASE: 0x6a0,
  SYSENTER_CS: 0x6a8,
  SYSENTER_ESP: 0x6b0,
  SYSENTER_EIP: 0x6b8,
  PAT: 0x6c0,
  TSC_AUX: 0x6c8,
  TSC_OFFSET: 0x6d0,
  MISC_ENABLE: 0x6d8,
  SPEC_CTRL: 0x6e0,
  APIC_BASE: 0x6e8,
  XSS: 0x6f0,
  DEBUGCTL: 0x6f8,
  /** Memory type range registers: variable pairs (8 x base, mask), then 11 fixed, then the default type. */
  MTRR_VARIABLE: 0x700,
  MTRR_FIXED: 0x780,
  MTRR_DEFAULT: 0x7d8,
  /** The four page directory pointers that PAE paging keeps inside the processor, loaded with CR3. */
  PDPTE: 0x7e0,

  /** Eight 16-byte slots through which IR calls pass arguments and results. Not architectural. */
  SCRATCH: 0x800,
  /** 64 bytes: an access that crosses a page works here and is copied back. */
  BOUNCE: 0x900,
  /** i32 each: why an engine returned (`EXIT`), exception vector, error code, current record, remaining budget. */
  EXIT: 0xa00,
  FAULT: 0xa04,
  ERROR: 0xa08,
  IP: 0xa0c,
  BUDGET: 0xa10,
  /** i64: instructions retired in compiled code, for the report. Not architectural. */
  COMPILED: 0xa18,
  /** i32 each, by `LEAVE`: how often compiled code left an instruction to the interpreter. Not architectural. */
  LEFT: 0xa20,
  /** i64 each, by `LEAVE`: where that happened last. Not architectural. */
  LEFT_AT: 0xa40,
  /** i64: the platform's time when the whole budget that the engine was given is used up. Not architectural. */
  TIME_END: 0xa78,
  /** i64: one more than the platform's time at which the interrupt shadow of the last STI holds, which is one instruction behind it. */
  STI_SHADOW: 0xa80,
  /** i32: 1 while an interrupt or NMI waits, so that what lets them in must leave the engine. Not architectural. */
  EVENTS: 0xa88,
  /**
   * i32 each: base of the translation block that 64-bit code of level 3, of the levels below it, and of those with RFLAGS.AC set uses; 0 where
   * more than that and CPL has to change to get there, so that only TypeScript can (`modeChanged`). Not architectural.
   */
  BLOCK_USER: 0xa8c,
  BLOCK_SYSTEM: 0xa90,
  BLOCK_RELAXED: 0xa94,
  /**
   * i32: what keeps legacy code from being what compiled regions take for granted: bits 0 to 3, ES, CS, SS or DS is not `flat`; bit 4, the upper half
   * of one of the first eight general registers is not zero (which only 64-bit code can make it, so that it is looked at when that is left). Not
   * architectural.
   */
  ODD: 0xa98,

  /** Machine check: MCG_STATUS, MCG_CTL, then CTL, STATUS, ADDR, MISC of each bank. */
  MCG_STATUS: 0xb00,
  MCG_CTL: 0xb08,
  MC_BANKS: 0xb10,
  /** AMD's memory map registers, behind ten banks. */
  SYSCFG: 0xc50,
  HWCR: 0xc58,
  TOP_MEM: 0xc60,
  TOP_MEM2: 0xc68,
} as const;

export const XMM = (n: number): number => 0x300 + n * 16;
/** Upper halves of YMM registers. */
export const YMM_HIGH = (n: number): number => 0x400 + n * 16;

/** Segment registers in ModRM numbering, then the system registers that have the same fields. */
export const SEGMENT = { es: 0, cs: 1, ss: 2, ds: 3, fs: 4, gs: 5, ldtr: 6, tr: 7, gdtr: 8, idtr: 9, flat: 10 } as const;
export type SegmentName = keyof typeof SEGMENT;
export const segmentSlot = (n: number): number => 0x100 + n * 32;
/**
 * Fields of a segment. `attributes` are in VMCB form (APM vol. 2, 15.5): bits 0-7 = descriptor bits 40-47, bits 8-11 = bits 52-55.
 * The four bounds are derived from limit and type: an access of n bytes at offset o is allowed iff low <= o and o + n - 1 <= high
 * (unsigned); a segment that may not be read (written) has low 1, high 0. SEGMENT.flat always allows everything, base 0.
 */
export const SEG = {
  selector: 0,
  attributes: 2,
  limit: 4,
  base: 8,
  readLow: 16,
  readHigh: 20,
  writeLow: 24,
  writeHigh: 28,
} as const;

/** Bits of SLOT.ODD. */
export const ODD_SEGMENTS = 0xf;
export const ODD_REGISTERS = 0x10;

/**
 * A translation block: read TLB, write TLB, jump cache. One block per access kind, so that changing privilege is changing a base.
 * TLB entry: i64 tag (linear page address; -1 when empty), i32 addend (host address = addend + low 32 bits of the address), i32 size of the
 * page that it is part of.
 * Jump cache entry: i64 RIP (-1 when empty), i32 record, i32 page offset of its code. An address is in the entry with its number or in the one beside
 * it (JUMP_BESIDE): a kernel calls thousands of functions, and of those that share a number some call each other.
 */
export const TLB_ENTRIES = 16384;
export const TLB_READ = 0;
export const TLB_WRITE = TLB_ENTRIES * 16;
export const JUMP_CACHE = TLB_WRITE + TLB_ENTRIES * 16;
export const JUMP_ENTRIES = 32768;
/** Differs between the addresses of two entries that lie beside each other. */
export const JUMP_BESIDE = 16;
export const TLB_BLOCK_SIZE = JUMP_CACHE + JUMP_ENTRIES * 16;
export const ACCESS_KIND = { user: 0, supervisor: 1, supervisorSmap: 2 } as const;
export const TLB_KINDS = 3;
export const tlbBlock = (processor: number, kind: number): number => 0x10000 + (processor * TLB_KINDS + kind) * TLB_BLOCK_SIZE;
/** First address above state and translation blocks. */
export const LAYOUT_END = tlbBlock(MAXIMUM_PROCESSORS, 0);

/** Memory access kinds as the miss path receives them; a modify reads first and then writes the same bytes. */
export const ACCESS = { read: 0, write: 1, modify: 3 } as const;
export type MemoryAccess = (typeof ACCESS)[keyof typeof ACCESS];

/** Why an engine returned to TypeScript. */
export const EXIT = {
  /** The budget may be used up within the next run. IP = record that comes next. */
  budget: 0,
  /** FAULT and ERROR are set; IP = the record that faulted; nothing of its instruction was committed. */
  fault: 1,
  /** RIP is set and is not in the jump cache. */
  lookup: 2,
  /** The instruction of IP is complete, and a helper asked to leave; RIP is set. */
  helper: 3,
  /** The instruction of IP has to be executed alone (device registers, stores into code); nothing of it was committed. */
  single: 4,
  /** A stop record was reached: the instruction before it is complete. IP = the stop record. */
  stop: 5,
  /** A repeated string instruction stopped between two iterations. IP = its record. */
  repeat: 6,
  /** The run whose head is IP has been entered often; nothing of it was executed. */
  hot: 7,
  /** RIP is set and is not in the jump cache; compiled code wants its instruction interpreted. IP is 0. */
  interpret: 8,
} as const;

/** Why compiled code leaves an instruction to the interpreter. */
export const LEAVE = {
  /** Not in the TLB, in two pages, a device, or a store into code. */
  memory: 0,
  /** The budget may be used up within the region. */
  budget: 1,
  /** The instruction faults. */
  fault: 2,
  /** It is never compiled. */
  uncompiled: 3,
  /** Unusual operands of an instruction that is compiled for the usual ones. */
  unusual: 4,
  /** Segments or registers of legacy code are not what the region was compiled for (`SLOT.ODD`). */
  mode: 5,
} as const;
export const LEAVE_REASONS = Object.keys(LEAVE) as readonly (keyof typeof LEAVE)[];

/** Micro-op record: byte offsets of its fields. Interpreter theory: `interp/handlers.ts`. */
export const RECORD = {
  /** u16 handler number */
  handler: 0,
  /** u8 length of the instruction(s) in bytes, bits 0-4; bit 6: two fused instructions; bit 7: default segment is SS */
  length: 2,
  /** u8 log2 of the index scale */
  scale: 3,
  /** u16 absolute state addresses */
  dst: 4,
  src: 6,
  base: 8,
  index: 10,
  /** i32 displacement */
  disp: 12,
  /** i64 immediate, or branch target as an offset from the page */
  imm: 16,
  /** i32 record of a branch target in the same page */
  link: 24,
  /** u16 offset of the next instruction from the page start */
  next: 28,
  /** u16 number of instructions of the run up to and including this one */
  count: 30,
} as const;
export const RECORD_SIZE = 32;
/**
 * A run begins with a head, a record of its own that stands for its first instruction: it counts how often it is entered, or
 * enters compiled code. Its `count` and `length` are 0, its `next` the offset of the first instruction.
 */
export const HEAD = {
  /** u16 number of the decoding mode */
  mode: 4,
  /** u32 page */
  page: 8,
  /** i32: entries left until it is hot */
  counter: 12,
  /** i32: the region's function in the table */
  region: 16,
  /** i32: where the region is entered */
  entry: 20,
} as const;
/** A run never holds more instructions than this, so an engine that leaves with this much budget left can stop exactly. */
export const MAXIMUM_RUN = 32;
