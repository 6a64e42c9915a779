// SPDX-License-Identifier: MIT
/** The encoder against iced-x86's decoder: what was meant is what another program reads. */
import { Decoder, DecoderOptions, Formatter, FormatterSyntax } from 'iced-x86';
import { describe, expect, it } from 'vitest';
import * as x from './x86.ts';

function disassemble(bytes: Uint8Array, bits: number): string[] {
  const decoder = new Decoder(bits, bytes, DecoderOptions.None);
  const formatter = new Formatter(FormatterSyntax.Nasm);
  const lines: string[] = [];
  while (decoder.canDecode) lines.push(formatter.format(decoder.decode()));
  return lines;
}

const {
  eax,
  ecx,
  al,
  sil,
  ax,
  rax,
  rcx,
  rdx,
  rbx,
  rsp,
  rbp,
  rsi,
  rdi,
  r8,
  r8d,
  r9b,
  r12,
  r13,
  r15,
  esi,
  ptr,
  indexed,
  absolute,
  xmm,
} = x;
const cases: [string, (asm: x.X86) => void][] = [
  ['mov eax,2Ah', (asm) => asm.mov(eax, 42)],
  ['mov rax,0FFFFFFFFFFFFFFFFh', (asm) => asm.mov(rax, -1)],
  ['mov rax,123456789ABCDEFh', (asm) => asm.mov(rax, 0x123456789abcdefn)],
  ['mov ecx,0FFFFFFFFh', (asm) => asm.mov(rcx, 0xffffffffn)],
  ['mov r8d,[rsp+8]', (asm) => asm.mov(r8d, ptr(rsp, 8))],
  ['mov [r12],rax', (asm) => asm.mov(ptr(r12), rax)],
  ['mov [r13],sil', (asm) => asm.mov(ptr(r13), sil)],
  ['mov rax,[rbp]', (asm) => asm.mov(rax, ptr(rbp))],
  ['mov rax,[rbx+rcx*8-80h]', (asm) => asm.mov(rax, indexed(rbx, rcx, 8, -128))],
  ['mov eax,[rsi*4+1000h]', (asm) => asm.mov(eax, indexed(undefined, rsi, 4, 4096))],
  ['mov eax,[0FFFFFFFFFFFFFFF0h]', (asm) => asm.mov(eax, absolute(-16))],
  ['mov ax,[eax+esi]', (asm) => asm.mov(ax, { ...indexed(rax, rsi), address32: true })],
  ['mov rax,[gs:10h]', (asm) => asm.mov(rax, x.through('gs', absolute(16)))],
  ['mov byte [rdi],7', (asm) => asm.mov(x.byte(ptr(rdi)), 7)],
  ['mov word [rdi],1234h', (asm) => asm.mov(x.word(ptr(rdi)), 0x1234)],
  ['mov qword [rdi],0FFFFFFFFFFFFFFFFh', (asm) => asm.mov(x.qword(ptr(rdi)), -1)],
  ['mov cr3,rax', (asm) => asm.mov(x.cr(3), rax)],
  ['mov r8,cr2', (asm) => asm.mov(r8, x.cr(2))],
  ['mov rdx,dr7', (asm) => asm.mov(rdx, x.dr(7))],
  ['mov ds,eax', (asm) => asm.mov(x.ds, eax)],
  ['add rax,7Fh', (asm) => asm.add(rax, 127)],
  ['add rax,80h', (asm) => asm.add(rax, 128)],
  ['add ax,1234h', (asm) => asm.add(ax, 0x1234)],
  ['cmp dword [rbx+rax],5', (asm) => asm.cmp(x.dword(indexed(rbx, rax)), 5)],
  ['sub rcx,[r15+8]', (asm) => asm.sub(rcx, ptr(r15, 8))],
  ['xor [rdi],r9b', (asm) => asm.xor(ptr(rdi), r9b)],
  ['and al,0F0h', (asm) => asm.and(al, 0xf0)],
  ['test byte [rsp+18h],3', (asm) => asm.test(x.byte(ptr(rsp, 24)), 3)],
  ['test rax,rax', (asm) => asm.test(rax, rax)],
  ['imul eax,ecx', (asm) => asm.imul(eax, ecx)],
  ['imul rax,[rdi],3E8h', (asm) => asm.imul(rax, ptr(rdi), 1000)],
  ['mul rcx', (asm) => asm.mul(rcx)],
  ['idiv dword [rbp-8]', (asm) => asm.idiv(x.dword(ptr(rbp, -8)))],
  ['neg r8', (asm) => asm.neg(r8)],
  ['shl eax,5', (asm) => asm.shl(eax, 5)],
  ['sar rax,cl', (asm) => asm.sar(rax, 'cl')],
  ['ror qword [rdi],3', (asm) => asm.ror(x.qword(ptr(rdi)), 3)],
  ['movzx eax,sil', (asm) => asm.movzx(eax, sil)],
  ['movzx eax,word [rdi]', (asm) => asm.movzx(eax, x.word(ptr(rdi)))],
  ['movsx rax,byte [rdi]', (asm) => asm.movsx(rax, x.byte(ptr(rdi)))],
  ['movsxd rax,ecx', (asm) => asm.movsx(rax, ecx)],
  ['lea rax,[r12+r13*2+10h]', (asm) => asm.lea(rax, indexed(r12, r13, 2, 16))],
  ['setl sil', (asm) => asm.setcc('l', sil)],
  ['cmovb rax,r8', (asm) => asm.cmov('b', rax, r8)],
  ['bsf eax,ecx', (asm) => asm.bsf(eax, ecx)],
  ['popcnt rax,rcx', (asm) => asm.popcnt(rax, rcx)],
  ['bts qword [rdi],5', (asm) => asm.bts(x.qword(ptr(rdi)), 5)],
  ['bt eax,ecx', (asm) => asm.bt(eax, ecx)],
  ['bswap r8', (asm) => asm.bswap(r8)],
  ['lock xadd [rdi],eax', (asm) => asm.xadd(ptr(rdi), eax)],
  ['lock cmpxchg [rdi],rcx', (asm) => asm.cmpxchg(ptr(rdi), rcx)],
  ['xchg esi,[rdi]', (asm) => asm.xchg(ptr(rdi), esi)],
  ['push r12', (asm) => asm.push(r12)],
  ['push 12345h', (asm) => asm.push(0x12345)],
  ['push qword [rbp-10h]', (asm) => asm.push(ptr(rbp, -16))],
  ['pop qword [rbp-18h]', (asm) => asm.pop(ptr(rbp, -24))],
  ['jmp rax', (asm) => asm.jmp(rax)],
  ['call qword [rax*8+1000h]', (asm) => asm.call(indexed(undefined, rax, 8, 4096))],
  ['rep movsb', (asm) => asm.string('movs', 1, 'rep')],
  ['rep stosq', (asm) => asm.string('stos', 8, 'rep')],
  ['in al,dx', (asm) => asm.in(al, x.dx)],
  ['out 80h,al', (asm) => asm.out(0x80, al)],
  ['iretq', (asm) => asm.op('iretq')],
  ['o64 sysret', (asm) => asm.op('sysretq')],
  ['lgdt [rdi]', (asm) => asm.lgdt(ptr(rdi))],
  ['invlpg [rax]', (asm) => asm.invlpg(ptr(rax))],
  ['ltr ax', (asm) => asm.ltr(ax)],
  ['addsd xmm1,xmm9', (asm) => asm.scalar('add', 8, xmm(1), xmm(9))],
  ['sqrtss xmm0,[rdi+4]', (asm) => asm.scalar('sqrt', 4, xmm(0), ptr(rdi, 4))],
  ['movsd [rsp],xmm15', (asm) => asm.movs(8, ptr(rsp), xmm(15))],
  ['movss xmm3,[rax]', (asm) => asm.movs(4, xmm(3), ptr(rax))],
  ['movaps xmm3,xmm8', (asm) => asm.movs(8, xmm(3), xmm(8))],
  ['movq xmm8,rax', (asm) => asm.movFromGpr(xmm(8), rax)],
  ['movd eax,xmm8', (asm) => asm.movToGpr(eax, xmm(8))],
  ['ucomisd xmm1,[rbx]', (asm) => asm.ucomis(8, xmm(1), ptr(rbx))],
  ['cvtsi2sd xmm0,rax', (asm) => asm.cvtFromInt(8, xmm(0), rax)],
  ['cvttss2si eax,xmm2', (asm) => asm.cvttToInt(4, eax, xmm(2))],
  ['cvtsd2ss xmm0,xmm1', (asm) => asm.cvtFloat(8, xmm(0), xmm(1))],
  ['roundsd xmm0,xmm1,9', (asm) => asm.rounds(8, xmm(0), xmm(1), 'floor')],
  ['xorps xmm4,xmm4', (asm) => asm.packed('xor', xmm(4), xmm(4))],
  ['fxsave64 [rdi]', (asm) => asm.fxsave(ptr(rdi))],
];

describe('x86 encoder', () => {
  for (const [text, assemble] of cases) {
    it(text, () => {
      const asm = new x.X86();
      assemble(asm);
      expect(disassemble(asm.finish(), 64)).toEqual([text]);
    });
  }

  it('chooses short and near jumps, and patches forward ones', () => {
    const asm = new x.X86();
    const start = new x.Label('start');
    const end = new x.Label('end');
    asm.bind(start);
    asm.jcc('ne', end);
    asm.jmp(start);
    asm.assumeShort = () => true;
    const near = new x.Label('near');
    asm.jmp(near);
    asm.bind(near);
    asm.bind(end);
    expect(disassemble(asm.finish(), 64)).toEqual(['jne near 000000000000000Ah', 'jmp short 0', 'jmp short 000000000000000Ah']);
  });

  it('records relocations with the distance to the end of the instruction', () => {
    const asm = new x.X86();
    asm.mov(x.dword(x.symbolAt('global', 4)), 7);
    asm.call('target');
    asm.movSymbol(rax, 'table');
    expect(asm.relocations).toEqual([
      { offset: 2, kind: 'pc32', symbol: 'global', addend: -4 },
      { offset: 11, kind: 'pc32', symbol: 'target', addend: -4 },
      { offset: 17, kind: 'abs64', symbol: 'table', addend: 0 },
    ]);
  });

  it('assembles 32-bit start-up code', () => {
    const asm = new x.X86(32);
    asm.mov(eax, x.cr(4));
    asm.or(eax, 0xa0);
    asm.mov(absolute(0x1000), eax);
    asm.farJmp(8, 'entry64');
    asm.push(eax);
    expect(disassemble(asm.finish(), 32)).toEqual(['mov eax,cr4', 'or eax,0A0h', 'mov [1000h],eax', 'jmp 8:0', 'push eax']);
  });

  it('assembles 16-bit start-up code', () => {
    const asm = new x.X86(16);
    asm.mov(ax, 0x10);
    asm.mov(x.ds, ax);
    asm.mov(eax, absolute(0x7000));
    asm.farJmp(8, 'entry32');
    expect(disassemble(asm.finish(), 16)).toEqual(['mov ax,10h', 'mov ds,ax', 'mov eax,[7000h]', 'jmp dword 8:0']);
  });

  it('refuses what cannot be encoded', () => {
    const asm = new x.X86();
    expect(() => asm.mov(ptr(rax), 1)).toThrow('operand size');
    expect(() => asm.add(rax, eax)).toThrow('sizes differ');
    expect(() => asm.add(rax, 0x1_0000_0000)).toThrow('exceeds 32 bits');
    expect(() => asm.mov(eax, indexed(rax, rsp))).toThrow('rsp');
    expect(() => new x.X86(32).mov(r8d, 1)).toThrow('64-bit mode');
  });
});
