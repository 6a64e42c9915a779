// SPDX-License-Identifier: MIT
// @ts-check
/**
 * @fileoverview What tools run of the project's TypeScript, as it stands: `(await moduleServer()).ssrLoadModule('/test/…')`, and `close()` in the end. Vite is
 * brought only then, since commands that do without should not wait for it.
 */

/** @returns {Promise<import('vite').ViteDevServer>} */
export async function moduleServer() {
  const { createServer } = await import('vite');
  return createServer({
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    appType: 'custom',
    logLevel: 'error',
    optimizeDeps: { noDiscovery: true },
  });
}
