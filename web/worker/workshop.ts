// SPDX-License-Identifier: MIT
/** @fileoverview The thread on which the page's machine has its hot code compiled: a worker of the machine's worker. */
import { RemoteWorkshop, type Result } from '../../emulator/machine/remoteWorkshop.ts';

/** `keys`: of the interpreter, by handler. */
export const browserWorkshop = (keys: readonly string[]): RemoteWorkshop =>
  new RemoteWorkshop((answer, failed) => {
    const worker = new Worker(new URL('./workshopThread.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<Result>) => answer(data);
    worker.onerror = failed;
    worker.postMessage(keys);
    return { post: (task) => worker.postMessage(task) };
  });
