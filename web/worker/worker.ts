// SPDX-License-Identifier: MIT
/** @fileoverview The worker's side of the conversation in messages.ts: makes the machine, and has a `Runner` run it. */
import type { NetBackend } from '../../emulator/device/virtio/net.ts';
import { BootImageError } from '../../emulator/firmware/bootError.ts';
import type { Interpreter } from '../../emulator/interp/generate.ts';
import { linearRip, peek } from '../../emulator/machine/debugMemory.ts';
import { Machine, MachineError } from '../../emulator/machine/machine.ts';
import { makeDisk } from './disks.ts';
import { loadInterpreter } from './interpreter.ts';
import type { FromWorker, StartMessage, ToWorker } from './messages.ts';
import { Runner } from './runner.ts';

/** The first address that QEMU gives. */
const MAC = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];
/** The longest instruction. */
const INSTRUCTION = 15;

const page = globalThis as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
};
const post = (message: FromWorker): void => page.postMessage(message);
/** The network card's cable, whose other end is the page. */
const cable: NetBackend = { send: (frame) => post({ kind: 'frame', frame }), onReceive() {} };
let interpreter: Interpreter | undefined;
let runner: Runner | undefined;

page.onmessage = ({ data }) => {
  switch (data.kind) {
    case 'start':
      void reportingFaults(() => start(data));
      break;
    case 'type':
      runner?.input((machine) => {
        if (data.port === 'com1') machine.typeOnConsole(data.bytes);
        else machine.board.virtioConsole?.input(0, data.bytes);
      });
      break;
    case 'frame':
      runner?.input(() => cable.onReceive(data.frame));
      break;
    case 'credit':
      runner?.credit(data.bytes);
  }
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
      const bytes = [...peek(processor, linearRip(processor, rip), INSTRUCTION)].map((byte) =>
        byte.toString(16).padStart(2, '0'),
      );
      post({
        kind: 'missing',
        message: `The guest asked for ${feature}, which this machine lacks, at RIP ${rip.toString(16)}: ${bytes.join(' ')}`,
      });
    };
  }
  runner = new Runner(machine, post);
  post({ kind: 'started' });
  await runner.run();
}

async function makeMachine(interpreter: Interpreter, options: StartMessage): Promise<Machine> {
  const { memory, commandLine, kernelName, initrd } = options;
  const machine = new Machine({
    memory,
    interpreter,
    disks: options.disks.map(makeDisk),
    net: options.network ? { backend: cable, mac: MAC } : undefined,
    consolePorts: [{ console: true, output: (bytes) => runner?.hvc0(bytes) }],
  });
  const modules = initrd ? [{ contents: await bytesOf(initrd) }] : [];
  machine.loadKernel(await bytesOf(options.kernel), { commandLine, imageName: kernelName, modules });
  return machine;
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
