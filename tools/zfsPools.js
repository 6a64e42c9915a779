#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// @ts-check
/**
 * @fileoverview Pools that the operating system makes under load (test/os/zfsPools.ts), with every checksum of every compression on every layout:
 * `node tools/zfsPools.js [ours | qemu]`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { moduleServer } from './moduleServer.js';

const where = process.argv[2] ?? 'ours';
const server = await moduleServer();
const folder = mkdtempSync(join(tmpdir(), 'os-pools-'));
try {
  const { buildImage } = await server.ssrLoadModule('/test/os/session.ts');
  const { poolsOnOurs, poolsOnQemu } = await server.ssrLoadModule('/test/os/zfsPools.ts');
  const image = await buildImage();
  try {
    await (where === 'qemu' ? poolsOnQemu : poolsOnOurs)(image, join(folder, 'disks'), { all: true });
  } finally {
    image.remove();
  }
  console.log(`pools made ${where === 'qemu' ? 'on QEMU' : 'on our machine'}: no error`);
} finally {
  rmSync(folder, { recursive: true });
  await server.close();
}
