// SPDX-License-Identifier: MIT
// @ts-check
/** @fileoverview `./diorama zpool`: pools in files of the host (toolchain/zfs/command.ts). */

/**
 * @param {readonly string[]} words
 * @returns {Promise<number>} the exit code
 */
export async function zpool(words) {
  const { createServer } = await import('vite');
  const server = await createServer({
    server: { middlewareMode: true, hmr: false, ws: false },
    appType: 'custom',
    logLevel: 'error',
    optimizeDeps: { noDiscovery: true },
  });
  try {
    const { zpoolCommand } = await server.ssrLoadModule('/toolchain/zfs/command.ts');
    return await zpoolCommand(words);
  } finally {
    await server.close();
  }
}
