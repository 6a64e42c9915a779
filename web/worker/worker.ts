// SPDX-License-Identifier: MIT
/** @fileoverview The worker's side of the conversation in messages.ts: makes the machine, and has a `Runner` run it. */
import type { BlockBackend } from '../../emulator/device/virtio/block.ts';
import { BootImageError } from '../../emulator/firmware/bootError.ts';
import type { Interpreter } from '../../emulator/interp/generate.ts';
import { Machine, MachineError } from '../../emulator/machine/machine.ts';
import { imageDisk, memoryDisk } from './disks.ts';
import { loadInterpreter } from './interpreter.ts';
import type { DiskSpecification, FromWorker, StartMessage, ToWorker } from './messages.ts';
import { Runner } from './runner.ts';

const page = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
};
const post = (message: FromWorker): void => page.postMessage(message);
let interpreter: Interpreter | undefined;
let runner: Runner | undefined;

page.onmessage = ({ data }) => {
  if (data.kind === 'type') runner?.type(data.bytes);
  else if (data.kind === 'credit') runner?.credit(data.bytes);
  else void reportingFaults(() => start(data));
};
void reportingFaults(async () => {
  interpreter = await loadInterpreter();
  post({ kind: 'ready' });
});

async function start(options: StartMessage): Promise<void> {
  if (!interpreter || runner) return;
  let machine: Machine;
  try {
    machine = await makeMachine(interpreter, options);
  } catch (error) {
    if (!(error instanceof MachineError || error instanceof BootImageError || error instanceof DOMException)) throw error;
    post({ kind: 'refused', message: error.message });
    return;
  }
  for (const processor of machine.processors) {
    processor.onMissing = (feature, rip) => {
      post({ kind: 'missing', message: `The processor lacks ${feature}, which the guest used at ${rip.toString(16)}.` });
    };
  }
  runner = new Runner(machine, post);
  post({ kind: 'started' });
  await runner.run();
}

async function makeMachine(interpreter: Interpreter, options: StartMessage): Promise<Machine> {
  const { memory, commandLine, kernelName, initrd } = options;
  const machine = new Machine({ memory, interpreter, disks: options.disks.map(disk) });
  const modules = initrd ? [{ contents: await bytesOf(initrd) }] : [];
  machine.loadKernel(await bytesOf(options.kernel), { commandLine, imageName: kernelName, modules });
  return machine;
}

function disk(specification: DiskSpecification): BlockBackend {
  return 'image' in specification ? imageDisk(specification.image) : memoryDisk(specification.bytes);
}

/** Fails with a DOMException if the file has changed or gone since it was chosen. */
async function bytesOf(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer());
}

async function reportingFaults(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    post({ kind: 'fault', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
