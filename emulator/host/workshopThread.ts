// SPDX-License-Identifier: MIT
/** @fileoverview The thread of `nodeWorkshop.ts`: compiles what it is sent. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Task, workshopFloor } from '../machine/remoteWorkshop.ts';

const { first, work } = workshopFloor(workerData as readonly string[]);
parentPort!.postMessage(first);
parentPort!.on('message', (task: Task) => parentPort!.postMessage(work(task)));
