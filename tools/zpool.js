// SPDX-License-Identifier: MIT
// @ts-check
/** @fileoverview `./diorama zpool`: pools in files of the host (toolchain/zfs/command.ts). */
import { moduleServer } from './moduleServer.js';

/**
 * @param {readonly string[]} words
 * @returns {Promise<number>} the exit code
 */
export async function zpool(words) {
  const server = await moduleServer();
  try {
    const { zpoolCommand } = await server.ssrLoadModule('/toolchain/zfs/command.ts');
    return await zpoolCommand(words);
  } finally {
    await server.close();
  }
}
