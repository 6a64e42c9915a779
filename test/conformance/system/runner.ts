// SPDX-License-Identifier: MIT
/**
 * @fileoverview Runs the system test programs on QEMU's TCG and on our processor. A program is a flat binary for 1 MiB with a multiboot
 * header, entered in 32-bit protected mode; it logs to the debug port E9h and ends by writing to port F4h (QEMU's isa-debug-exit).
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Shutdown } from '../../../emulator/cpu/processor.ts';
import { enterProtectedMode, type TestProcessor, testProcessor } from '../../../emulator/cpu/testProcessor.ts';
import { SLOT } from '../../../emulator/ir/state.ts';

export const LOAD_ADDRESS = 0x100000;
const folder = new URL('.', import.meta.url).pathname;

export const available = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

/** `name` without `.asm`. */
export function assemble(name: string): Uint8Array {
  const scratch = mkdtempSync(join(tmpdir(), 'system-'));
  try {
    const out = join(scratch, 'program');
    execFileSync('nasm', ['-f', 'bin', '-o', out, join(folder, `${name}.asm`)]);
    return readFileSync(out);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** The log of the program on QEMU. */
export function onQemu(image: Uint8Array, cpu: string): string {
  const scratch = mkdtempSync(join(tmpdir(), 'system-'));
  try {
    const program = join(scratch, 'program');
    execFileSync('dd', [`of=${program}`, 'status=none'], { input: image });
    const log = join(scratch, 'log');
    spawnSync('qemu-system-x86_64', [
      ...['-accel', 'tcg', '-M', 'q35', '-cpu', cpu, '-display', 'none', '-no-reboot', '-kernel', program],
      ...['-debugcon', `file:${log}`, '-device', 'isa-debug-exit,iobase=0xf4'],
    ]);
    return readFileSync(log, 'latin1');
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

const LIMIT = 200_000_000;
/** The log of the program on our processor; a triple fault ends it as it ends QEMU's. */
export function onOurs(image: Uint8Array, limit = LIMIT): string {
  const log: number[] = [];
  let ended = false;
  const t: TestProcessor = testProcessor(0x1000000, undefined, {
    portRead: (_port, bytes) => 2 ** (8 * bytes) - 1,
    portWrite(port, _bytes, value) {
      if (port === 0xe9) log.push(value & 0xff);
      if (port === 0xf4) ended = true;
    },
  });
  t.ram.set(image, LOAD_ADDRESS);
  enterProtectedMode(t, 32);
  t.cpu.write64(SLOT.RIP, BigInt(LOAD_ADDRESS + new DataView(image.buffer, image.byteOffset).getUint32(28, true) - LOAD_ADDRESS));
  try {
    while (!ended && t.cpu.retired < limit) t.cpu.run(t.cpu.retired + 100_000);
  } catch (e) {
    if (!(e instanceof Shutdown)) throw e;
  }
  return Buffer.from(log).toString('latin1');
}
