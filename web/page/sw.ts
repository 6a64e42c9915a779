// SPDX-License-Identifier: MIT
/**
 * @fileoverview The service worker: once the page has been loaded it works without a network. The build lists every file with its hash in
 * `files.json`, and writes that list's hash into this file, so that a new build is a new worker, which fetches what has changed.
 *
 * Files come from the cache; what is not in it (nothing, once installed) from the network. It adds no headers: cross-origin isolation is the
 * server's business, and the page needs none.
 */
declare const BUILD: string;

interface ServiceWorker {
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  addEventListener(kind: string, listener: (event: WorkerEvent) => void): void;
}
interface WorkerEvent {
  request: Request;
  waitUntil(promise: Promise<unknown>): void;
  respondWith(response: Promise<Response>): void;
}

const worker = globalThis as unknown as ServiceWorker;
const CACHE = `diorama-${BUILD}`;

worker.addEventListener('install', (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE);
      const list = await fetch('./files.json', { cache: 'no-cache' });
      const files = (await list.json()) as string[];
      await cache.addAll(['./', ...files.map((file) => `./${file}`)]);
      await worker.skipWaiting();
    })(),
  );
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name.startsWith('diorama-') && name !== CACHE) await caches.delete(name);
      await worker.clients.claim();
    })(),
  );
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return;
  event.respondWith(
    (async () => {
      const cached = await (await caches.open(CACHE)).match(request, { ignoreSearch: true });
      return cached ?? fetch(request);
    })(),
  );
});
