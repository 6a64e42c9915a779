// SPDX-License-Identifier: MIT
/** @fileoverview Cases that once differed from hardware, as recipes (`vectors.ts`); recorded as vectors/found.txt. */
export const FOUND: readonly { what: string; recipe: string }[] = [
  { what: 'MOVBE with REP is undefined', recipe: '64 f30f38f000 1 s=0,0,0,0,2b r0=20000f00' },
  { what: 'RDRAND with REP is undefined', recipe: '64 f30fc7f0 1 s=0,0,0,0,2b' },
  { what: 'reserved hints are NOPs', recipe: '64 0f18d0 1 s=0,0,0,0,2b' },
  { what: 'MOV to a debug register takes any ModRM.mod for a register', recipe: '64 0f2300 1 s=0,0,0,0,2b' },
  { what: 'RET to an address that is not canonical faults itself', recipe: '64 c3 65094c93 s=0,0,0,0,2b' },
  { what: 'JMP to an address that is not canonical faults itself', recipe: '64 ffe0 1 s=0,0,0,0,2b r0=123456789abcdef0' },
  { what: 'JMP beyond the code segment faults itself', recipe: '16 66ffe3 1 s=f,f,f,f,2b r3=20000f94' },
  { what: 'RET beyond the code segment faults itself', recipe: '16 66c3 1 s=f,f,f,f,2b' },
  { what: 'ENTER reads frame pointers that it has just pushed', recipe: '64 c8000007 1 s=0,0,0,0,2b r4=20001100 r5=20001110' },
  { what: 'a NOP looks at no operand', recipe: '16 0f1f04 1 s=f,f,f,f,2b r6=fff0' },
  {
    what: 'a segment register that does not exist is undefined before its operand is read',
    recipe: '16 8e38 1 s=f,f,f,f,2b r3=fff0 r6=0',
  },
  { what: 'OUTS asks for permission before it reads', recipe: '64 6f 1 s=0,0,0,0,2b r6=1' },
  { what: 'ARPL that changes nothing needs no permission to write', recipe: '32 633500000030 1 s=2b,2b,0,0,2b r6=0' },
  { what: 'BT adds the element to the offset before the segment is checked', recipe: '16 0fa307 1 s=f,f,f,f,2b r3=2ff0 r0=7fff' },
  { what: 'BT wraps at 16 bits', recipe: '16 0fa307 1 s=f,f,f,f,2b r3=f00 r0=8000' },
  { what: 'BT wraps at 32 bits in 64-bit mode', recipe: '64 67480fa300 1 s=0,0,0,0,2b r0=ffffffff20000f00' },
  {
    what: 'a NaN hides a denormal operand from memory',
    recipe: '64 6740d84a4d 360921ba s=0,0,f,0,2b r2=20001013 m20001060=7400000000000000ff7f000000000000',
  },
  { what: 'a far pointer that ends with its segment', recipe: '32 c430 1 s=17,17,0,0,2b r0=1ffa m20001ffa=00010203' },
  {
    what: 'an x87 operand by way of rBP that is not canonical is #SS',
    recipe: '64 df9dfbc112a3 47796da1 s=2b,0,2b,0,2b r5=12345678f7aa1cf5',
  },
  { what: 'an MMX load across the end of memory', recipe: '64 0f6f00 1 s=0,0,0,0,2b r0=20001ffc' },
];
