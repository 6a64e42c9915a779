// SPDX-License-Identifier: MIT
/**
 * @fileoverview QEMU's q35 under the hands of our firmware, for tests.
 *
 * QEMU starts with a ROM of ours that only waits. Meanwhile the firmware's port and memory accesses go to QEMU through its qtest
 * protocol: chipset, tables and kernel end up in QEMU's registers and RAM. Then the ROM puts the CpuEntry into the processor. So
 * QEMU judges firmware and loaders without our processor having a part in it.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ByteWriter } from '../emulator/firmware/bytes.ts';
import type { PortAccess } from '../emulator/firmware/chipset.ts';
import type { CpuEntry } from '../emulator/firmware/cpuEntry.ts';
import type { GuestRam } from '../emulator/firmware/guestRam.ts';

const MIB = 2 ** 20;

/** Where the ROM waits for its orders: a part of the first page that firmware leaves alone. */
const ORDERS = 0x600;

/** 64 KiB at the top of 4 GiB. Orders: flag, mode, cr0, cr3, cr4, efer, gdtr, eight registers in the order of POPA, far pointer. */
const rom = `
bits 16
org 0
start:
  cli
  o32 lgdt [cs:gdtr]
  mov eax, cr0
  or al, 1
  mov cr0, eax
  jmp dword 8:0xffff0000 + protected
bits 32
protected:
  mov ax, 16
  mov ds, ax
  mov es, ax
  mov ss, ax
  mov fs, ax
  mov gs, ax
wait_for_orders:
  pause
  cmp dword [${ORDERS}], 1
  jne wait_for_orders
  lgdt [${ORDERS + 24}]
  mov ax, [${ORDERS + 68}]
  mov ds, ax
  mov es, ax
  mov ss, ax
  mov fs, ax
  mov gs, ax
  mov eax, [${ORDERS + 16}]
  mov cr4, eax
  mov eax, [${ORDERS + 12}]
  mov cr3, eax
  mov ecx, 0xc0000080
  mov eax, [${ORDERS + 20}]
  xor edx, edx
  wrmsr
  mov eax, [${ORDERS + 8}]
  mov cr0, eax
  mov esp, ${ORDERS + 32}
  popad
  mov esp, [${ORDERS + 72}]
  jmp far [${ORDERS + 64 - 4 + 20}]
align 8
gdt: dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdtr: dw 23
  dd 0xffff0000 + gdt
times 0xfff0 - ($ - $$) db 0
bits 16
  jmp start
times 0x10000 - ($ - $$) db 0
`;

/** Orders as the ROM reads them. */
function orders(entry: CpuEntry): Uint8Array {
  const { registers: r } = entry;
  const out = new ByteWriter().u32(0, 0, entry.cr0, entry.cr3, entry.cr4, entry.efer);
  out.u16(entry.gdtr.limit).u32(entry.gdtr.base).u16(0);
  out.u32(r.rdi, r.rsi, r.rbp, 0, r.rbx, r.rdx, r.rcx, r.rax);
  out.u32(0).u32(entry.segments.ds.selector).u32(r.rsp).u32(0);
  return out.u32(entry.rip).u16(entry.segments.cs.selector).finish();
}

/** QEMU's memory and ports through qtest, synchronously: the protocol's two directions are named pipes. */
export class QtestMachine implements GuestRam, PortAccess {
  readonly size: number;
  readonly #process: ChildProcess;
  readonly #requests: number;
  readonly #replies: number;
  #output = '';

  constructor(directory: string, ramSize: number, ...extra: string[]) {
    this.size = ramSize;
    const pipe = join(directory, `qtest${Math.random()}`);
    if (spawnSync('mkfifo', [`${pipe}.in`, `${pipe}.out`]).status !== 0) throw new Error('mkfifo failed');
    assemble(directory, 'rom', rom);
    this.#process = spawn(
      'qemu-system-x86_64',
      [
        ...['-machine', 'q35,accel=tcg', '-m', `${ramSize / MIB}M`, '-nodefaults', '-display', 'none', '-no-reboot'],
        ...['-bios', join(directory, 'rom.bin'), '-serial', 'stdio', '-device', 'pvpanic'],
        ...['-chardev', `pipe,id=qtest,path=${pipe}`, '-qtest', 'chardev:qtest', '-qtest-log', '/dev/null'],
        ...extra,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    this.#process.stdout!.setEncoding('latin1').on('data', (text: string) => {
      this.#output += text;
    });
    this.#requests = openSync(`${pipe}.in`, 'w');
    this.#replies = openSync(`${pipe}.out`, 'r');
  }

  /** Starts the kernel and waits until the machine powers itself off; returns what it wrote to COM1. */
  async run(entry: CpuEntry, seconds: number): Promise<string> {
    this.write(ORDERS + 4, orders(entry).subarray(4));
    this.write(ORDERS, Uint8Array.of(1, 0, 0, 0));
    const ended = new Promise<number | null>((resolve) => this.#process.once('exit', resolve));
    const timer = setTimeout(() => this.stop(), seconds * 1000);
    const status = await ended;
    clearTimeout(timer);
    closeSync(this.#requests);
    closeSync(this.#replies);
    if (status !== 0) throw new Error(`QEMU ended with ${status}; its last words: ${this.#output.slice(-2000)}`);
    return this.#output.replaceAll('\r', '');
  }

  stop(): void {
    this.#process.kill('SIGKILL');
  }

  in(port: number, size: 1 | 2 | 4): number {
    return Number(this.#command(`in${width(size)} 0x${port.toString(16)}`));
  }

  out(port: number, size: 1 | 2 | 4, value: number): void {
    this.#command(`out${width(size)} 0x${port.toString(16)} 0x${(value >>> 0).toString(16)}`);
  }

  write(address: number, bytes: Uint8Array): void {
    const PIECE = MIB;
    for (let done = 0; done < bytes.length; done += PIECE) {
      const piece = bytes.subarray(done, done + PIECE);
      this.#command(
        `b64write 0x${(address + done).toString(16)} 0x${piece.length.toString(16)} ${Buffer.from(piece).toString('base64')}`,
      );
    }
  }

  read(address: number, length: number): Uint8Array {
    const reply = this.#command(`b64read 0x${address.toString(16)} 0x${length.toString(16)}`);
    return Uint8Array.from(Buffer.from(reply, 'base64'));
  }

  #command(line: string): string {
    const bytes = Buffer.from(`${line}\n`);
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#requests, bytes, done);
    let reply = '';
    const piece = Buffer.alloc(65536);
    while (!reply.endsWith('\n')) {
      const count = readSync(this.#replies, piece);
      if (count === 0) throw new Error('QEMU ended early');
      reply += piece.toString('latin1', 0, count);
    }
    if (!reply.startsWith('OK')) throw new Error(`qtest: ${line.slice(0, 60)}: ${reply}`);
    return reply.slice(2).trim();
  }
}

function width(size: 1 | 2 | 4): string {
  return size === 1 ? 'b' : size === 2 ? 'w' : 'l';
}

/** Assembles a flat binary with nasm. */
export function assemble(directory: string, name: string, source: string): Uint8Array {
  writeFileSync(join(directory, `${name}.asm`), source);
  const { status, stderr } = spawnSync('nasm', ['-f', 'bin', '-o', `${name}.bin`, `${name}.asm`], {
    cwd: directory,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`nasm: ${stderr}`);
  return readFileSync(join(directory, `${name}.bin`));
}
