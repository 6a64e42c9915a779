// SPDX-License-Identifier: MIT
/**
 * @fileoverview Which handlers sit in the main loops: the most executed ones from the start of Debian 12's kernels, amd64 and 686-pae, to
 * their busybox prompts, as counted by an interpreter generated with `profile` (see `generateInterpreter`). They cover 99.7 % of what the
 * boot executes in 64-bit code, 99.9 % in 32-bit code.
 *
 * The lists are short because V8's optimiser falls back to a slower register allocator above some 8,192 virtual registers, about
 * 250 handlers in Node 20. Keys are those of `dryRun`, blanks written as underscores; a key that no longer exists does no harm.
 */
const LONG = `
  head compiled
  mov/32/r32,r32 mov/64/r64,r64 mov/64/r64,b64 mov/32/b32,r32 mov/32/r32,b32 mov/64/b64,r64 mov/8/m8,r8 mov/16/b16,r16
  mov/32/r32,i32 mov/64/r64,m64 mov/16/m16,r16 mov/64/r64,i64 mov/64/m64,r64 mov/8/b8,r8 mov/64/b64,i64 mov/8/b8,i8
  mov/32/b32,i32 mov/32/r32,m32 mov/32/m32,r32 mov/8/r8,b8 mov#3/32/r32,i8
  lea/64/r64,b8 lea/64/r64,m8 lea/32/r32,m8 lea/32/r32,b8
  sub/32/r32,r32 sub/32/r32,i32+jcc5 sub/64/r64,r64 sub/64/r64,i64 sub/64/r64,b64 sub/32/r32,i32 sub/32/r32,b32 sub/32/b32,i32
  add/32/r32,r32 add/64/r64,r64 add/64/r64,i64 add/32/r32,i32 add/32/r32,i32+jcc5 add/64/r64,b64 add/64/r64,m64 add/32/b32,r32
  add/64/f64,i64 add/32/r32,b32 add/32/b32,i32 add/64/b64,r64 add/64/b64,i64
  movzx/32/r32,m8 movzx/32/r32,b16 movzx/32/r32,r8 movzx/32/r32,b8 movzx/32/r32,m16 movzx/32/r32,r16
  shr/32/r32,i8 shr/64/r64,i8 shr/16/r16,i8 shr/32/r32,c8@1 shr/32/r32,f8@8 shr/64/r64,f8@8 shr/64/r64,c8@1
  xor/32/r32,r32 xor/32/r32,m32 xor/64/r64,r64
  cmp/32/r32,i32+jcc7 cmp/64/r64,r64+jcc2 cmp/64/r64,r64+jcc5 cmp/8/r8,i8+jcc5 cmp/64/r64,b64 cmp/32/r32,r32+jcc2
  cmp/64/r64,r64 cmp/32/r32,i32 cmp/32/r32,r32+jcc3 cmp/32/r32,i32+jcc6 cmp/64/r64,b64+jcc2 cmp/32/r32,i32+jcc4 cmp/32/r32,r32
  cmp/64/b64,r64+jcc2 cmp/64/b64,r64+jcc3 cmp/32/r32,r32+jcc5 cmp/64/r64,r64+jcc3 cmp/64/r64,r64+jcc4 cmp/32/r32,b32+jcc3
  cmp/64/r64,b64+jcc3 cmp/64/r64,i64+jcc7 cmp/8/f8,i8 cmp/32/r32,r32+jcc4 cmp/8/b8,i8+jcc5 cmp/32/f32,i32 cmp/64/r64,r64+jcc9
  cmp/8/r8,m8+jcc4 cmp/64/r64,i64+jcc4 cmp/64/r64,i64+jcc6 cmp/32/r32,i32+jcc5 cmp/64/b64,r64+jcc4 cmp/8/b8,i8
  cmp/8/b8,i8+jcc4 cmp/64/b64,r64+jcc5 cmp/8/r8,i8+jcc4 cmp/64/b64,i64+jcc4 cmp/32/b32,r32+jcc4 cmp/8/r8,i8+jcc7
  cmp/32/b32,r32+jcc15 cmp/64/b64,i64 cmp/32/b32,i32 cmp/32/r32,i32+jcc2 cmp/64/r64,i64+jcc5 cmp/64/f64,i64 cmp/64/r64,i64
  cmp/64/b64,i64+jcc5 cmp/32/b32,i32+jcc6 cmp/64/r64,i64+jcc2 cmp/16/r16,i16 cmp/8/r8,r8+jcc4 cmp/32/r32,i32+jcc14
  imul#2/64/r64,r64 imul#2/32/r32,r32
  and/32/r32,i32 and/32/r32,r32 and/64/r64,r64 and/32/r32,b32 and/64/r64,i64 and/64/f64,i64 and/32/r32,i32+jcc4 and/32/f32,i32
  and/64/r64,m64 and/32/r32,i32+jcc5 and/64/r64,b64
  cmovcc/64/r64,r64/cc4 cmovcc/64/r64,r64/cc3 cmovcc/64/r64,r64/cc7 cmovcc/32/r32,r32/cc6 cmovcc/32/r32,r32/cc7
  cmovcc/64/r64,r64/cc2 cmovcc/64/r64,r64/cc5 cmovcc/64/r64,r64/cc8
  sar/32/r32,i8 sar/64/r64,i8 sar/64/r64,c8@1
  push/64/r64/s64
  pop/64/r64/s64
  shl/64/r64,i8 shl/32/r32,i8 shl/64/r64,f8@8 shl/32/r32,f8@8
  jmp/64/j/c64 jmp/64/J/c64
  movsxd/64/r64,r32 movsxd/64/r64,b32 movsxd/64/r64,m32
  ret/64//s64
  link
  setcc/8/r8/cc2 setcc/8/r8/cc5 setcc/8/r8/cc4
  jcc/64/J/cc7/c64 jcc/64/j/cc5/c64 jcc/64/j/cc4/c64 jcc/64/J/cc3/c64 jcc/64/J/cc4/c64 jcc/64/j/cc7/c64 jcc/64/J/cc5/c64
  jcc/64/j/cc2/c64 jcc/64/J/cc2/c64 jcc/64/j/cc3/c64 jcc/64/j/cc8/c64 jcc/64/j/cc6/c64 jcc/64/j/cc14/c64
  adc/64/r64,r64 adc/64/r64,i64
  call/64/J/c64s64 call/64/j/c64s64 call/64/b64/c64s64
  nop/32/m32 nop/32/b32 nop/32/ nop/16/
  test/64/r64,r64+jcc4 test/8/r8,r8+jcc4 test/8/r8,r8+jcc9 test/64/r64,r64+jcc5 test/32/r32,r32+jcc5 test/8/b8,i8+jcc5
  test/32/r32,r32+jcc4 test/8/r8,r8+jcc5 test/32/r32,r32 test/8/f8,i8 test/32/r32,r32+jcc14 test/64/r64,r64
  test/32/r32,r32+jcc9 test/8/r8,i8+jcc5 test/8/b8,i8+jcc4 test/8/r8,i8 test/32/r32,r32+jcc8 test/8/r8,i8+jcc4 test/8/b8,i8
  test/32/r32,i32+jcc4 test/32/f32,i32 test/32/r32,i32+jcc5
  not/32/r32 not/64/r64
  address_segment64
  or/64/r64,r64 or/8/r8,r8 or/32/r32,r32 or/32/r32,i32 or/64/r64,b64
  sbb/32/r32,r32 sbb/64/r64,i64
  stos/64//rep/c64a64 stos/8//rep/c64a64
  neg/32/r32 neg/64/r64
  rdtsc/32/
  inc/32/b32
  dec/32/b32 dec/64/r64+jcc5 dec/32/r32
  movs/64//rep/c64a64 movs/8//rep/c64a64
  rol/32/r32,i8
  div/64/b64
  stop
  ror/32/r32,i8
  cli/32/
  pushf/64//s64
  cmpxchg/32/b32,r32
  link_far
  rdtscp/32/
  movsx/32/r32,r8
  movd/32/rv128,m32
  sti/32/
  paddd/64/rv128,rv128
  bt#2/64/b64,r64/c64
  pxor/64/rv128,rv128
  punpckldq/64/rv128,rv128
  mul/64/r64
  cbw/64/
`;
const LEGACY = `
  head compiled
  address_segmentread32 mov/32/r32,b32 mov/32/r32,r32 address_segmentwrite32 mov/32/b32,r32 add/32/r32,r32 imul#2/32/r32,r32
  shr/32/r32,i8 cmp/32/r32,r32 lea/32/r32,b8 add/32/r32,i32 jcc/32/j/cc5/c32 sub/32/r32,r32 movzx/32/r32,r16 cmp/32/r32,i32
  shl/32/r32,i8 xor/32/r32,r32 jcc/32/j/cc2/c32 setcc/8/r8/cc2 link jcc/32/j/cc7/c32 movzx/32/r32,b16 jcc/32/j/cc4/c32
  adc/32/r32,r32 cmovcc/32/r32,b32/cc3 push/32/r32/s32 pop/32/r32/s32 mov/32/r32,i32 mov/16/b16,r16 add/32/r32,b32 sar/32/r32,i8
  inc#2/32/r32 cmp/32/b32,r32 mov/8/r8,b8 movzx/32/r32,r8 jmp/32/j/c32 jcc/32/j/cc3/c32 dec/32/b32 and/32/r32,i32 ret/32//c32s32
  cmp/32/r32,b32 movzx/32/r32,b8 sbb/32/r32,r32 inc/32/b32 and/32/r32,r32 dec#2/32/r32 call/32/J/c32s32 shr/16/r16,i8 nop/32/
  sub/32/r32,b32 mov/8/b8,r8 jcc/32/j/cc6/c32 cmp/8/f8,i8 mov/16/r16,b16 sbb/32/r32,b32 xor/32/r32,b32 rdtscp/32/ xor/8/r8,b8
  sub/32/r32,i32 test/32/r32,r32 stos/32//rep/c32a32 adc/32/r32,i32 test/8/r8,r8 shr/32/r32,c8@1 stos/8//rep/c32a32
  jcc/32/J/cc2/c32 cmp/32/f32,i32 shl/32/r32,f8@8 and/32/r32,b32 movs/32//rep/c32a32 not/32/r32 jcc/32/j/cc9/c32 mov/32/b32,i32
  and/32/b32,r32 cmp/32/b32,i32 neg/32/r32 jcc/32/J/cc7/c32 cmovcc/32/r32,r32/cc2 address_absoluteread32 shr/32/r32,f8@8
  mov/32/f32,b32 add/32/b32,r32 or/32/r32,r32 nop/16/ mov/8/r8,r8 mov/8/r8,i8 lods/8//c32a32 jcc/32/j/cc8/c32 scas/8//c32a32
  test/8/b8,i8 call/32/j/c32s32 div/32/b32 in/8/f8,i8 rdtsc/32/ jcc/32/j/cc15/c32 out/8/i8,f8 add/32/f32,i32 add/32/b32,i32
  ror/32/r32,i8 cmp/8/r8,i8 rol/32/r32,i8 test/8/r8,i8 jcc/32/j/cc14/c32 push/32/b32/s32 scas/8//repne/c32a32 mov/8/b8,i8
  cmovcc/32/r32,r32/cc3 leave/32//s32 jcc/32/J/cc5/c32 jmp/32/J/c32 movs/16//c32a32 and/32/f32,i32 link_far or/8/f8,i8 stop
  jcc/32/J/cc4/c32 or/32/r32,b32 sub/32/b32,i32 cmp/8/b8,i8 movsx/32/r32,r8 test/32/r32,i32 push/32/i32/s32
  imul#3/32/r32,r32,i32 movs/8//rep/c32a32 cmpxchg/32/b32,r32 bswap/32/r32 sbb/32/r32,i32 pushf/32//s32 cmovcc/32/r32,r32/cc4
  cmp/8/r8,r8 or/32/r32,i32 movsx/32/r32,b8 btr/32/b32,i8 mov/8/f8,b8 sar/32/r32,c8@1 jcc/32/J/cc3/c32 and/8/r8,i8
  cmpxchg8b/64/b64 cli/32/ cmovcc/32/r32,r32/cc5 test/8/f8,i8 setcc/8/r8/cc5 test/32/b32,i32 cmps/8//rep/c32a32 test/32/f32,i32
  xchg/32/r32,f32 cmp/16/r16,i16 jcc/32/j/cc13/c32 address_segment64 address_bits32
`;
const keysOf = (list: string): Set<string> =>
  new Set(
    list
      .trim()
      .split(/\s+/)
      .map((key) => key.replaceAll('_', ' ')),
  );
const HOT_LONG = keysOf(LONG);
const HOT_LEGACY = keysOf(LEGACY);
/** Whether the form with this key belongs into the main loop of 64-bit code, or of other modes. */
export const isHot = (key: string, long: boolean): boolean => (long ? HOT_LONG : HOT_LEGACY).has(key);
