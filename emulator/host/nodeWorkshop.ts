// SPDX-License-Identifier: MIT
/**
 * @fileoverview The thread of a Node process on which hot code of all its machines is compiled. Where the sources run unbuilt (tests) there is none, and
 * machines compile for themselves.
 */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { Workshop } from '../jit/order.ts';
import { RemoteWorkshop, type Result } from '../machine/remoteWorkshop.ts';
import { nodeInterpreter } from './nodeInterpreter.ts';

/** Seen from dist/node; beside the sources there is no such file. */
const THREAD = new URL('./workshopThread.js', import.meta.url);

const workshop = new RemoteWorkshop((answer, failed) => {
  const worker = new Worker(THREAD, { workerData: nodeInterpreter().keys });
  worker.on('message', (result: Result) => answer(result));
  worker.on('error', failed);
  worker.on('exit', failed);
  // The process ends when its machines have. Listening for messages would keep it.
  worker.unref();
  return { post: (task) => worker.postMessage(task) };
});

export const nodeWorkshop = (): Workshop | undefined => (existsSync(THREAD) ? workshop : undefined);
