// SPDX-License-Identifier: MIT
// @ts-check
/**
 * @fileoverview Serves the browser console from dist/web, with the headers that make a page cross-origin isolated: without them browsers
 * give it no shared memory.
 */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildWeb, hasPage } from './build.js';

const root = fileURLToPath(new URL('../dist/web', import.meta.url));
const DEFAULT_PORT = 8086;

/** @type {{ [extension: string]: string }} */
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** A mistake of the user's: one line, exit 2. */
class UsageError extends Error {
  /** @override */
  name = 'UsageError';
}

/** @param {string[]} parameters */
export async function serve(parameters) {
  const port = parsePort(parameters);
  const server = createServer(answer);
  // The port before the build: who cannot have it should not have to wait for that news.
  await new Promise((resolve, reject) => {
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      const reason = error.code === 'EADDRINUSE' ? 'it is in use' : error.code === 'EACCES' ? 'permission denied' : error.message;
      reject(new UsageError(`cannot listen on port ${port}: ${reason}`));
    });
    server.listen(port, '127.0.0.1', () => resolve(undefined));
  });
  try {
    if (!hasPage()) throw new UsageError('there is no page yet: web/page/index.html is missing');
    await buildWeb();
  } catch (error) {
    server.close();
    throw error;
  }
  const address = server.address();
  console.log(`http://localhost:${typeof address === 'object' && address ? address.port : port}/`);
}

/** @param {string[]} parameters */
function parsePort(parameters) {
  if (parameters.length === 0) return DEFAULT_PORT;
  const [option, value, ...more] = parameters;
  const port = Number(value);
  if (option !== '--port' || more.length > 0 || value === undefined) throw new UsageError('usage: diorama [--port N]');
  if (!/^\d+$/.test(value) || port > 65535) throw new UsageError(`'${value}' is no port number`);
  return port;
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
function answer(request, response) {
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
  response.setHeader('Cache-Control', 'no-cache');
  const file = locate(request.url ?? '/');
  if (!file || (request.method !== 'GET' && request.method !== 'HEAD')) {
    response.statusCode = file ? 405 : 404;
    response.end(`${response.statusCode}\n`);
    return;
  }
  response.setHeader('Content-Type', types[extname(file.path)] ?? 'application/octet-stream');
  response.setHeader('Content-Length', file.size);
  if (request.method === 'HEAD') response.end();
  else createReadStream(file.path).pipe(response);
}

/**
 * The file that a URL names; nothing outside dist/web.
 * @param {string} url
 * @returns {{ path: string, size: number } | undefined}
 */
function locate(url) {
  try {
    const name = normalize(decodeURIComponent(new URL(url, 'http://localhost').pathname));
    const path = join(root, name.endsWith('/') ? `${name}index.html` : name);
    const status = statSync(path);
    return path.startsWith(root) && status.isFile() ? { path, size: status.size } : undefined;
  } catch {
    return undefined;
  }
}
