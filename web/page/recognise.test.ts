// SPDX-License-Identifier: MIT
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { multibootKernel } from '../../test/support/multibootKernel.ts';
import { debianKernel, haveOracles } from '../../tools/oracles.js';
import { HEAD_SIZE, recognise } from './recognise.ts';

const kernel = debianKernel();
const of = (bytes: Uint8Array) => recognise('file', bytes.length, bytes.subarray(0, HEAD_SIZE));

describe('a file is recognised as', () => {
  test.skipIf(!kernel)('a kernel: Debian’s', () => {
    expect(of(readFileSync(kernel!.image))).toEqual({ role: 'kernel', format: 'bzImage' });
  });

  test('a kernel: ELF, or multiboot by its header alone', () => {
    expect(of(readFileSync(process.execPath))).toEqual({ role: 'kernel', format: 'ELF' });
    expect(of(multibootKernel([0xf4]))).toEqual({ role: 'kernel', format: 'multiboot' });
  });

  test.skipIf(!haveOracles('cpio'))('an initramfs: what cpio writes', () => {
    const archive = spawnSync('cpio', ['-o', '-H', 'newc'], { input: 'package.json\n' }).stdout;
    expect(of(archive)).toEqual({ role: 'initramfs', format: 'cpio' });
    expect(of(gzipSync(archive))).toEqual({ role: 'initramfs', format: 'gzip' });
  });

  test.each(['xz', 'zstd', 'bzip2', 'lzma', 'lz4'])('an initramfs: what %s packs', (format) => {
    const options = format === 'lz4' ? ['-l', '-c'] : ['-c'];
    const { error, stdout } = spawnSync(format, options, { input: 'some bytes' });
    // Not every host has every packer.
    if (!error) expect(of(stdout)).toEqual({ role: 'initramfs', format });
  });

  test('a disk: whole sectors of anything else', () => {
    expect(of(new Uint8Array(1024))).toEqual({ role: 'disk', format: 'raw' });
    expect(of(new Uint8Array(1025))).toHaveProperty('refusal');
    expect(of(brotliCompressSync('x'))).toHaveProperty('refusal');
  });

  test.each(['qcow2', 'vmdk', 'vpc', 'vhdx', 'vdi'])('a %s image, which is no raw disk', (format) => {
    const folder = mkdtempSync(join(tmpdir(), 'diorama-recognise-'));
    const file = join(folder, 'image');
    try {
      // qemu-img comes in another package than the emulator.
      if (spawnSync('qemu-img', ['create', '-q', '-f', format, file, '1M']).error) return;
      expect(of(readFileSync(file))).toMatchObject({ refusal: expect.stringContaining(`is a ${format} image`) });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('nothing: an empty file', () => {
    expect(of(new Uint8Array(0))).toEqual({ refusal: 'file is empty.' });
  });
});

test('any file is something, or refused with a sentence', () => {
  const magic = fc.constantFrom<number[]>(
    [],
    [0x7f, 0x45, 0x4c, 0x46],
    [0x02, 0xb0, 0xad, 0x1b],
    [0xd6, 0x50, 0x52, 0xe8],
    [0x1f, 0x8b],
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), magic, fc.nat(600), (bytes, signature, at) => {
      const file = new Uint8Array(bytes);
      if (at + signature.length <= file.length) file.set(signature, at);
      const found = of(file);
      if ('refusal' in found) expect(found.refusal).toMatch(/^file .*\.$|^file .*disk\.img$|^file .*-x\.$/);
      else expect(['kernel', 'initramfs', 'disk']).toContain(found.role);
    }),
    { numRuns: 2000 },
  );
});
