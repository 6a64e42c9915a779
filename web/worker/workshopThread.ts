// SPDX-License-Identifier: MIT
/** @fileoverview The thread of `workshop.ts`: is sent the interpreter's keys first, then what is to be compiled. */
import { type Result, type Task, workshopFloor } from '../../emulator/machine/remoteWorkshop.ts';

let work: ((task: Task) => Result) | undefined;
self.onmessage = ({ data }: MessageEvent<Task | readonly string[]>): void => {
  if ('id' in data) self.postMessage(work!(data));
  else {
    const floor = workshopFloor(data);
    work = floor.work;
    self.postMessage(floor.first);
  }
};
