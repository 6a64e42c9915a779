// SPDX-License-Identifier: MIT
/**
 * @fileoverview Our loaders beside other people's: small kernels that print what they were handed start under QEMU, once by
 * QEMU's own loader or by GRUB, once by our firmware, and must print the same.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { haveOracles } from '../../tools/oracles.js';
import { assemble, QtestMachine } from '../../tools/qtest.ts';
import { type BootOptions, loadBootImage } from './bootImage.ts';
import { prepareMachine } from './firmware.ts';

const MIB = 2 ** 20;
const RAM_SIZE = 128 * MIB;

/** Printing on COM1, power-off, and the state of the processor that every protocol here promises. */
const library = `
print: ; the string at ESI
  lodsb
  test al, al
  jz .end
  call putc
  jmp print
.end: ret
putc:
  push edx
  push eax
  mov dx, 0x3fd
.wait: in al, dx
  test al, 0x20
  jz .wait
  pop eax
  mov dx, 0x3f8
  out dx, al
  pop edx
  ret
hex: ; EAX
  push ecx
  push ebx
  mov ebx, eax
  mov ecx, 8
.digit: rol ebx, 4
  mov al, bl
  and al, 15
  add al, '0'
  cmp al, '9'
  jbe .put
  add al, 39
.put: call putc
  loop .digit
  pop ebx
  pop ecx
space: mov al, ' '
  jmp putc
newline: mov al, 10
  jmp putc
bytes: ; ECX of them at ESI
  lodsb
  call putc
  loop bytes
  jmp newline
range: ; base and length at ESI, if the type in EAX is RAM
  cmp eax, 1
  jne .end
  mov al, 'R'
  call putc
  mov ecx, 4
.word: lodsd
  call hex
  loop .word
  jmp newline
.end: ret
processor:
  mov eax, cr0
  and eax, 0x80000001
  call hex
  mov eax, cr4
  call hex
  pushfd
  pop eax
  and eax, 0x20302
  call hex
  jmp newline
off:
  mov dx, 0x604
  mov ax, 0x2000
  out dx, ax
  hlt
align 16
times 4096 db 0
stack:
`;

const multiboot1Body = `
start:
  mov esp, stack
  call hex
  call newline
  call processor
  mov eax, [ebx + 4]
  call hex
  call newline
  mov esi, [ebx + 16]
  call print
  call newline
  mov ebp, [ebx + 20]
  mov edi, [ebx + 24]
module:
  mov esi, [edi + 12 - 4]
  call print
  call space
  mov esi, [edi]
  mov ecx, [edi + 4]
  sub ecx, esi
  call bytes
  add edi, 16
  dec ebp
  jnz module
  mov edi, [ebx + 48]
  mov ebp, [ebx + 44]
  add ebp, edi
entry:
  lea esi, [edi + 4]
  mov eax, [edi + 20]
  call range
  add edi, [edi]
  add edi, 4
  cmp edi, ebp
  jb entry
  jmp off
${library}`;

const multiboot1Flat = `
bits 32
org 0x200000
header: dd 0x1badb002, 0x10003, -(0x1badb002 + 0x10003), header, header, 0, end, start
${multiboot1Body}
end:`;

/** An ELF header, one loadable segment over the whole file, and optionally a PVH note. */
function elf(bits: 32 | 64, origin: number, entry: string, body: string, note = ''): string {
  const word = bits === 64 ? 'dq' : 'dd';
  const count = note ? 2 : 1;
  const header = (type: number, from: string, to: string) =>
    bits === 64
      ? `dd ${type}, 7\ndq ${from} - $$, ${from}, ${from}, ${to} - ${from}, ${to} - ${from}, 4`
      : `dd ${type}, ${from} - $$, ${from}, ${from}, ${to} - ${from}, ${to} - ${from}, 7, 4`;
  return `
bits 32
org ${origin}
file:
  db 0x7f, 'ELF', ${bits / 32}, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0
  dw 2, ${bits === 64 ? 62 : 3}
  dd 1
  ${word} ${entry}, headers - $$, 0
  dd 0
  dw ${bits === 64 ? 64 : 52}, ${bits === 64 ? 56 : 32}, ${count}, 0, 0, 0
headers:
  ${header(1, 'file', 'file_end')}
  ${note ? header(4, 'note', 'note_end') : ''}
align 8
note: ${note}
note_end:
${body}
file_end:`;
}

const multiboot1Elf = elf(32, 0x30_0000, 'start', `align 4\ndd 0x1badb002, 3, -(0x1badb002 + 3)\n${multiboot1Body}`);

const pvh = (bits: 32 | 64) =>
  elf(
    bits,
    0x40_0000,
    '0x12345678',
    `
start:
  mov esp, stack
  mov eax, [ebx]
  call hex
  call newline
  call processor
  mov esi, [ebx + 24]
  call print
  call newline
  mov edi, [ebx + 16]
  mov esi, [edi]
  mov ecx, [edi + 8]
  call bytes
  mov esi, [ebx + 32]
  mov ecx, 8
  call bytes
  mov edi, [ebx + 40]
  mov ebp, [ebx + 48]
entry:
  mov esi, edi
  mov eax, [edi + 16]
  call range
  add edi, 24
  dec ebp
  jnz entry
  jmp off
${library}`,
    `dd 4, ${bits / 8}, 18, 'Xen', start${bits === 64 ? ', 0' : ''}`,
  );

const multiboot2 = elf(
  64,
  0x50_0000,
  'start',
  `
align 8
header:
  dd 0xe85250d6, 0, header_end - header, -(0xe85250d6 + header_end - header)
  dw 1, 0
  dd 8 + 20, 1, 3, 4, 6, 15
  align 8
  dd 0, 8
header_end:
start:
  mov esp, stack
  call hex
  call newline
  call processor
  lea edi, [ebx + 8]
tag:
  mov eax, [edi]
  test eax, eax
  jz off
  cmp eax, 1
  jne .module
  lea esi, [edi + 8]
  call print
  call newline
.module:
  cmp dword [edi], 3
  jne .memory
  lea esi, [edi + 16]
  call print
  call space
  mov esi, [edi + 8]
  mov ecx, [edi + 12]
  sub ecx, esi
  call bytes
.memory:
  cmp dword [edi], 6
  jne .acpi
  lea ebp, [edi + 16]
.entry:
  mov esi, ebp
  mov eax, [ebp + 16]
  call range
  add ebp, [edi + 8]
  mov eax, edi
  add eax, [edi + 4]
  cmp ebp, eax
  jb .entry
.acpi:
  cmp dword [edi], ACPI_TAG
  jne .next
  lea esi, [edi + 8]
  mov ecx, 8
  call bytes
.next:
  add edi, [edi + 4]
  add edi, 7
  and edi, -8
  jmp tag
${library}`,
);

describe.skipIf(!haveOracles('qemu-system-x86_64', 'nasm'))('beside QEMU', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'diorama-loaders-'));
    writeFileSync(join(directory, 'module'), 'contents of a module');
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  async function ours(image: Uint8Array, options: BootOptions): Promise<string[]> {
    const machine = new QtestMachine(directory, RAM_SIZE);
    const platform = { ramSize: RAM_SIZE, cpus: 1, serialPorts: 1, pvpanic: true, fwCfg: true, cpuSignature: 0, cpuFeatures: 0 };
    const { rsdp } = prepareMachine(machine, machine, platform);
    return lines(await machine.run(loadBootImage(machine, image, { rsdp, ...options }).entry, 30));
  }

  function theirs(...parameters: string[]): string[] {
    const machine = [
      '-machine',
      'q35,accel=tcg',
      '-m',
      '128M',
      '-nodefaults',
      '-display',
      'none',
      '-no-reboot',
      '-serial',
      'stdio',
    ];
    const { status, stdout, stderr } = spawnSync('qemu-system-x86_64', [...machine, ...parameters], {
      cwd: directory,
      encoding: 'latin1',
      timeout: 60_000,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return lines(stdout);
  }

  function lines(output: string): string[] {
    return output
      .replaceAll('\r', '')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  }

  const module = { contents: Buffer.from('contents of a module'), commandLine: 'module words' };

  test.each([
    ['multiboot 1, load addresses', multiboot1Flat],
    ['multiboot 1, ELF32', multiboot1Elf],
  ])('%s', async (name, source) => {
    const file = name.replaceAll(/\W+/g, '-');
    const image = assemble(directory, file, source);
    const expected = theirs('-kernel', `${file}.bin`, '-append', 'some words', '-initrd', 'module words');
    expect(expected).toEqual(expect.arrayContaining(['2badb002', `${file}.bin some words`, 'module words contents of a module']));
    expect(expected.length).toBe(7);
    expect(await ours(image, { commandLine: 'some words', imageName: `${file}.bin`, modules: [module] })).toEqual(expected);
  });

  test.each([32, 64] as const)('PVH, ELF%d', async (bits) => {
    const image = assemble(directory, `pvh${bits}`, pvh(bits));
    const expected = theirs('-kernel', `pvh${bits}.bin`, '-append', 'some words', '-initrd', 'module');
    expect(expected).toEqual(expect.arrayContaining(['336ec578', 'some words', 'contents of a module', 'RSD PTR']));
    expect(expected.length).toBe(7);
    expect(await ours(image, { commandLine: 'some words', modules: [module] })).toEqual(expected);
  });

  const grub = haveOracles('grub-mkrescue', '/usr/lib/grub/i386-pc/multiboot2.mod', 'xorriso');
  test.skipIf(!grub)('multiboot 2, ELF64, beside GRUB', async () => {
    // SeaBIOS under QEMU gives an RSDP of revision 0, ours is of revision 2: tags 14 and 15.
    const image = assemble(directory, 'multiboot2', multiboot2.replace('ACPI_TAG', '15'));
    mkdirSync(join(directory, 'iso/boot/grub'), { recursive: true });
    writeFileSync(
      join(directory, 'iso/kernel'),
      assemble(directory, 'multiboot2old', multiboot2.replace('ACPI_TAG', '14').replace('6, 15', '6, 14')),
    );
    writeFileSync(join(directory, 'iso/module'), module.contents);
    const menu = 'set timeout=0\nmenuentry k {\n multiboot2 /kernel some words\n module2 /module module words\n}\n';
    writeFileSync(join(directory, 'iso/boot/grub/grub.cfg'), menu);
    const { status, stderr } = spawnSync('grub-mkrescue', ['-o', 'grub.iso', 'iso'], { cwd: directory, encoding: 'utf8' });
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    const expected = theirs('-cdrom', 'grub.iso', '-device', 'VGA');
    expect(expected).toEqual(expect.arrayContaining(['36d76289', 'some words', 'module words contents of a module', 'RSD PTR']));
    // SeaBIOS keeps a page at the end of RAM for its CD-ROM driver; the other loaders' tests compare the length.
    const withoutEnd = (output: string[]) => output.map((line) => line.replace(/^(R00100000 00000000) .*/, '$1'));
    const found = await ours(image, { commandLine: 'some words', imageName: '', modules: [module] });
    expect(withoutEnd(found)).toEqual(withoutEnd(expected));
  });
});
