// SPDX-License-Identifier: MIT
/** @fileoverview Files from the page's server, with progress. */

/** Called now and then while a file arrives; `total` is 0 if the server does not say. */
export type Progress = (file: string, loaded: number, total: number) => void;

/** Whole contents. Throws an Error with one line. */
export async function download(url: URL, progress: Progress): Promise<Uint8Array<ArrayBuffer>> {
  const file = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
  let response: Response;
  try {
    response = await fetch(url);
  } catch {
    throw new Error(`${file} could not be fetched: there is no connection to ${url.host}`);
  }
  if (!response.ok || !response.body) throw new Error(`${file} could not be fetched: ${response.status} ${response.statusText}`);
  // Of a compressed response the header counts the compressed bytes.
  const total = response.headers.has('Content-Encoding') ? 0 : Number(response.headers.get('Content-Length') ?? 0);
  const pieces: Uint8Array[] = [];
  let loaded = 0;
  progress(file, 0, total);
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    loaded += value.length;
    progress(file, loaded, Math.max(total, loaded));
  }
  progress(file, loaded, loaded);
  const bytes = new Uint8Array(loaded);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
