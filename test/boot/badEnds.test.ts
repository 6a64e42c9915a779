// SPDX-License-Identifier: MIT
/** @fileoverview What goes wrong is told as the user can use it: impossible machines in one line, dead guests with registers and code. */
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { debianKernel } from '../../tools/oracles.js';
import { diorama, temporaryFolder } from '../support/diorama.ts';
import { KERNEL_ENTRY, multibootKernel } from '../support/multibootKernel.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const kernel = debianKernel();

function file(name: string, contents: Uint8Array | string): string {
  writeFileSync(folder.path(name), contents);
  return folder.path(name);
}

describe('one line, exit 2', () => {
  const refused = async (words: readonly string[], line: RegExp) => {
    const { exitCode, output, errors } = await diorama(words);
    expect(errors).toMatch(line);
    expect({ exitCode, output, lines: errors.split('\n').length }).toEqual({ exitCode: 2, output: '', lines: 2 });
  };

  test.skipIf(!kernel)('a truncated kernel', async () => {
    const image = readFileSync(kernel!.image);
    await refused(['run', '--kernel', file('half', image.subarray(0, image.length / 2))], /^diorama: kernel: .*truncated/);
    await refused(['run', '--kernel', file('sector', image.subarray(0, 512))], /^diorama: kernel: /);
  });
  test('a file that is no kernel', async () => {
    await refused(['run', '--kernel', file('text', 'once upon a time')], /^diorama: kernel: neither a Linux bzImage nor /);
    await refused(['run', '--kernel', file('empty', '')], /^diorama: kernel: the file is empty/);
    await refused(['run', '--kernel', folder.path('none')], /^diorama: cannot read kernel '.*none': no such file or directory/);
  });
  test.skipIf(!kernel)('an initrd larger than RAM', async () => {
    const initrd = file('initrd', '');
    truncateSync(initrd, 140 * 2 ** 20);
    await refused(['run', '--kernel', kernel!.image, '--initrd', initrd, '--memory', '128M'], /^diorama: initrd of 140 MiB /);
  });
  test('files that cannot be read or written', async () => {
    const image = ['--kernel', file('kernel', multibootKernel([0xf4]))];
    await refused(['run', '--kernel', folder.path('.')], /^diorama: cannot read kernel '.*': it is a directory/);
    await refused(['run', ...image, '--initrd', folder.path('none')], /^diorama: cannot read initrd '.*none': no such file or /);
    await refused(['run', ...image, '--disk', folder.path('none')], /^diorama: cannot open disk '.*none': no such file or /);
    await refused(['run', ...image, '--json', folder.path('none/report')], /^diorama: cannot write report '.*report': no such /);
  });
  test('impossible machines', async () => {
    const image = ['--kernel', file('kernel', multibootKernel([0xf4]))];
    await refused(['run', ...image, '--memory', '1000'], /^diorama: memory: /);
    await refused(['run', ...image, '--memory', '100G'], /^diorama: memory: /);
    await refused(['run', ...image, '--cpu', 'z80'], /^diorama: there is no CPU model z80; there are diorama, /);
    await refused(['run', ...image, '--smp', '200'], /^diorama: 200 processors: /);
    await refused(['run', ...image, '--disk', 'mem:1000'], /^diorama: disk: 1000 bytes are no multiple of 512/);
    await refused(['run', ...image, '--net', 'user'], /^diorama: --net user is not available yet/);
  });
  test('a port in use', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    await refused(['--port', port], /^diorama: cannot listen on port \d+: it is in use/);
    server.close();
  });
});

describe('dead guests: registers and code, exit 3', () => {
  /** An interrupt table without entries, and a stack, which multiboot does not promise: lidt [zeros]; mov esp, 0x80000. */
  const prologue = [0x0f, 0x01, 0x1d, 0x00, 0x00, 0x01, 0x00, 0xbc, 0x00, 0x00, 0x08, 0x00];
  const zeros = (at: number): number[] => {
    const code = [...prologue];
    code.splice(3, 4, ...new Uint8Array(Int32Array.of(at).buffer));
    return code;
  };

  test('triple fault', async () => {
    const code = [...zeros(KERNEL_ENTRY + 20), 0xb8, 0x34, 0x12, 0, 0, 0x0f, 0x0b, 0x90, 0, 0, 0, 0, 0, 0];
    const { exitCode, errors } = await diorama(['run', '--kernel', file('triple', multibootKernel(code))]);
    expect(exitCode).toBe(3);
    expect(errors).toMatch(/^\ndiorama: triple fault\nCPU 0: RIP 0000000000100031 .* CPL 0 32-bit code\n/);
    expect(errors).toMatch(/^RAX 0000000000001234 /m);
    expect(errors).toMatch(/^ {3}000000000010002c {2}b8 34 12 00 00 +mov eax, 0x1234$/m);
    expect(errors).toMatch(/^=> 0000000000100031 {2}0f 0b +ud2$/m);
  });

  test('a jump to where nothing is', async () => {
    // push 0x1234; mov eax, 0xdeadbeef; jmp eax
    const code = [
      ...zeros(KERNEL_ENTRY + 24),
      0x68,
      0x34,
      0x12,
      0,
      0,
      0xb8,
      0xef,
      0xbe,
      0xad,
      0xde,
      0xff,
      0xe0,
      0,
      0,
      0,
      0,
      0,
      0,
    ];
    const { exitCode, errors } = await diorama(['run', '--kernel', file('wild', multibootKernel(code))]);
    expect(exitCode).toBe(3);
    expect(errors).toMatch(/^\ndiorama: triple fault\nCPU 0: RIP 00000000deadbeef /);
    expect(errors).toMatch(/^stack: 00001234 /m);
    expect(errors).toMatch(/^code: RIP is not mapped to RAM$/m);
  });

  test('a panic that the guest reports', async () => {
    // mov dx, 0x505; mov al, 1; out dx, al: the pvpanic device; then jmp $
    const code = [0x66, 0xba, 0x05, 0x05, 0xb0, 0x01, 0xee, 0xeb, 0xfe];
    const { exitCode, errors } = await diorama(['run', '--kernel', file('panic', multibootKernel(code))]);
    expect({ exitCode, errors }).toEqual({ exitCode: 3, errors: '\ndiorama: the guest reported a panic\n' });
  });
});

test('a guest that says it has panicked and loaded its crash kernel runs on, as on QEMU', async () => {
  // mov dx, 0x505; mov al, 2; out dx, al; then cli; hlt
  const code = [0x66, 0xba, 0x05, 0x05, 0xb0, 0x02, 0xee, 0xfa, 0xf4];
  const { exitCode, errors } = await diorama(['run', '--kernel', file('crash-loaded', multibootKernel(code))]);
  expect({ exitCode, errors }).toEqual({ exitCode: 1, errors: '\ndiorama: the processor halted with nothing left to wake it\n' });
});

test('a processor that halts for good ends the run', async () => {
  // cli; hlt
  const { exitCode, errors } = await diorama(['run', '--kernel', file('halt', multibootKernel([0xfa, 0xf4]))]);
  expect({ exitCode, errors }).toEqual({ exitCode: 1, errors: '\ndiorama: the processor halted with nothing left to wake it\n' });
});
