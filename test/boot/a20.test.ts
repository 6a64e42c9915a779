// SPDX-License-Identifier: MIT
/**
 * @fileoverview The A20 gate: a kernel that closes and opens it in every way that a PC has, and says each time whether the second megabyte is the
 * first, says on this machine what it says on QEMU.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Machine } from '../../emulator/host/library.ts';
import { haveOracles } from '../../tools/oracles.js';
import { assemble } from '../../tools/qtest.ts';
import { temporaryFolder } from '../support/diorama.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** Runs below 1 MiB, since the kernel itself is not there while the gate is closed. */
const SOURCE = `
bits 32
org 0x100000
align 4
header: dd 0x1badb002, 0x10000, -(0x1badb002 + 0x10000), header, 0x100000, 0, 0, start
start:
  mov esi, low
  mov edi, 0x8000
  mov ecx, lowEnd - low
  cld
  rep movsb
  mov esp, 0x7000
  mov eax, 0x8000
  jmp eax
low:
  mov dx, 0x3fb
  mov al, 3
  out dx, al
  call ask
  in al, 0x92           ; fast gate: closed, open
  and al, 0xfc
  out 0x92, al
  call ask
  or al, 2
  out 0x92, al
  call ask
  mov al, 0xdd          ; commands of the keyboard controller
  call command
  call ask
  mov al, 0xdf
  call command
  call ask
  mov al, 0xd1          ; its output port
  call command
  mov al, 0xcd
  out 0x60, al
  call ask
  mov al, 2             ; whoever writes last: port 92h opens
  out 0x92, al
  call ask
  mov al, 0xdd
  call command
  mov eax, cr0          ; under paging with one large page as well
  mov dword [0x60000], 0x83
  mov ecx, 0x60000
  mov cr3, ecx
  mov ecx, 0x10
  mov cr4, ecx
  or eax, 0x80000000
  mov cr0, eax
  call ask
  mov al, 0xdf
  call command
  call ask
  mov al, 10
  call put
  mov dx, 0x604         ; power off
  mov ax, 0x2000
  out dx, ax
  cli
  hlt
command:
  push eax
.full: in al, 0x64
  test al, 2
  jnz .full
  pop eax
  out 0x64, al
.taken: in al, 0x64
  test al, 2
  jnz .taken
  ret
ask:                    ; O: two megabytes, C: one
  push eax
  mov dword [0x50000], 1
  mov dword [0x150000], 2
  mov al, 'O'
  cmp dword [0x50000], 1
  je .put
  mov al, 'C'
.put: call put
  pop eax
  ret
put:
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
lowEnd:
`;

test.skipIf(!haveOracles('nasm', 'qemu-system-x86_64'))(
  'the A20 gate opens and closes as on QEMU, however it is driven',
  async () => {
    const kernel = folder.path('kernel');
    writeFileSync(kernel, assemble(dirname(kernel), 'source', SOURCE));
    const options = '-M q35 -accel tcg -m 128 -display none -nodefaults -serial stdio -no-reboot';
    const qemu = spawnSync('qemu-system-x86_64', [...options.split(' '), '-kernel', kernel], { timeout: 120_000 });
    const theirs = qemu.stdout.toString();
    const machine = Machine.boot({ kernel, memory: 128 * 2 ** 20 });
    let output = '';
    machine.console.onOutput((byte) => {
      output += String.fromCharCode(byte);
    });
    const end = await machine.run();
    expect({ end, output }).toEqual({ end: { kind: 'power-off' }, output: theirs });
    expect(theirs).toBe('OCOCOCOCO\n');
  },
);
