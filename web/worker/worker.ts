// SPDX-License-Identifier: MIT
/** @fileoverview The worker's side of the conversation in messages.ts: makes the machine, and has a `Runner` run it. */
import type { NetBackend } from '../../emulator/device/virtio/net.ts';
import { BootImageError } from '../../emulator/firmware/bootError.ts';
import { missingLine } from '../../emulator/host/missing.ts';
import type { Interpreter } from '../../emulator/interp/generate.ts';
import { MODELS } from '../../emulator/isa/system/models.ts';
import type { Workshop } from '../../emulator/jit/order.ts';
import { Machine, MachineError, type MachineOptions, moduleOf } from '../../emulator/machine/machine.ts';
import { sha256 } from '../../emulator/machine/sha256.ts';
import { type Snapshot, SnapshotError } from '../../emulator/machine/snapshot.ts';
import { stateChunks } from '../../emulator/machine/stateHash.ts';
import { makeDisk } from './disks.ts';
import { download } from './download.ts';
import { loadInterpreter } from './interpreter.ts';
import type { Answers, BootSource, Call, FileSource, FromWorker, StartMessage, ToWorker } from './messages.ts';
import { Runner } from './runner.ts';
import { SnapshotStore, StorageError } from './snapshotStore.ts';
import { browserWorkshop } from './workshop.ts';

/** The first address that QEMU gives. */
const MAC = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56];
const SECTOR_SIZE = 512;

/** What went wrong is the user's to mend, and its message one line. */
class Refusal extends Error {}

const page = globalThis as unknown as {
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
};
const post = (message: FromWorker, transfer: Transferable[] = []): void => page.postMessage(message, transfer);
const progress = (file: string, loaded: number, total: number): void => post({ kind: 'progress', file, loaded, total });
/** The network card's cable, whose other end is the page. */
const cable: NetBackend = { send: (frame) => post({ kind: 'frame', frame }), onReceive() {} };
const store = new SnapshotStore();
let interpreter: Interpreter | undefined;
let workshop: Workshop | undefined;
let runner: Runner | undefined;

page.onmessage = ({ data }) => {
  switch (data.kind) {
    case 'start':
      void reportingFaults(() => start(data));
      break;
    case 'type':
      runner?.input((machine) => {
        if (data.port === 'com1') machine.typeOnConsole(data.bytes);
        else if (data.port === 'com2') machine.board.serial[1].receive(data.bytes);
        else machine.board.virtioConsole?.input(0, data.bytes);
      });
      break;
    case 'key':
      runner?.input((machine) => machine.board.keyboard.keyEvent(data.code, data.pressed));
      break;
    case 'strokes':
      runner?.strokes(data.strokes);
      break;
    case 'mouse':
      runner?.input((machine) => machine.board.keyboard.mouseEvent(data.dx, data.dy, data.wheel, data.buttons));
      break;
    case 'frame':
      runner?.input(() => cable.onReceive(data.frame));
      break;
    case 'credit':
      runner?.credit(data.bytes);
      break;
    case 'pause':
      runner?.pause(true);
      break;
    case 'resume':
      runner?.pause(false);
      break;
    case 'reset':
      runner?.reset();
      break;
    case 'power-button':
      runner?.input((machine) => machine.pressPowerButton());
      break;
    case 'speed':
      if (runner) runner.speed = data.speed;
      break;
    case 'watch':
      runner?.watch(data.views);
      break;
    case 'step':
      runner?.step(data.count);
      break;
    case 'breakpoint':
      runner?.breakpoint(data.address, data.set);
      break;
    case 'look':
      runner?.look(data.processor, data.address);
      break;
    case 'call':
      void answer(data.number, data.call);
  }
};
void reportingFaults(async () => {
  interpreter = await refusing(loadInterpreter(progress));
  // While the machine runs whose successor is made ready here, the browser has the code already, and the best it has made of it.
  moduleOf(interpreter);
  workshop = browserWorkshop(interpreter.keys);
  post({ kind: 'ready', models: MODELS.map(({ name, brand }) => ({ name, brand })) });
});

async function start(message: StartMessage): Promise<void> {
  if (!interpreter || runner) return;
  const { boot, network } = message;
  const machine = 'snapshot' in boot ? await restore(interpreter, boot.snapshot) : await makeMachine(interpreter, boot, network);
  for (const processor of machine.processors) {
    processor.onMissing = (feature, rip) => post({ kind: 'missing', message: missingLine(processor, feature, rip) });
  }
  runner = new Runner(machine, post);
  runner.speed = message.speed;
  post({ kind: 'started' });
  await runner.run();
}

async function makeMachine(interpreter: Interpreter, source: BootSource, network: boolean): Promise<Machine> {
  const { memory, cpu, processors, commandLine, kernelName } = source;
  const kernel = await bytesOf(source.kernel);
  const initrd = source.initrd && (await bytesOf(source.initrd));
  const machine = new Machine({
    ...{ memory, cpu, cpus: processors, interpreter, workshop },
    disks: source.disks.map(makeDisk),
    ...connections(network),
  });
  machine.loadKernel(kernel, { commandLine, imageName: kernelName, modules: initrd ? [{ contents: initrd }] : [] });
  return machine;
}

async function restore(interpreter: Interpreter, id: number): Promise<Machine> {
  try {
    const snapshot = await store.load(id);
    const { memory, cpu, cpus, disks, epoch, uuid, net } = snapshot.configuration;
    if (disks.some((disk) => disk.contents !== null)) throw new SnapshotError('it needs a disk that is a file of the host');
    const machine = new Machine({
      ...{ memory, cpu, cpus, epoch, uuid, interpreter, workshop },
      disks: disks.map((disk, index) => makeDisk({ bytes: disk.sectors * SECTOR_SIZE, serial: disk.serial }, index)),
      ...connections(net !== null),
      ...consolePortsOf(snapshot),
    });
    machine.load(snapshot, sha256, true);
    return machine;
  } catch (error) {
    throw error instanceof SnapshotError ? new Refusal(`the snapshot cannot be restored: ${error.message}`) : error;
  }
}

/** Snapshots of the command line have no console port. */
function consolePortsOf({ configuration }: Snapshot): Pick<MachineOptions, 'consolePorts'> {
  const { consolePorts } = connections(false);
  return { consolePorts: consolePorts?.slice(0, configuration.consolePorts.length) };
}

function connections(network: boolean): Pick<MachineOptions, 'net' | 'consolePorts'> {
  return {
    net: network ? { backend: cable, mac: MAC } : undefined,
    consolePorts: [{ console: true, output: (bytes) => runner?.hvc0(bytes) }],
  };
}

/** Fails with a DOMException if the file has changed or gone since it was chosen. */
async function bytesOf(source: FileSource): Promise<Uint8Array> {
  if (typeof source === 'string') return refusing(download(new URL(source), progress));
  return new Uint8Array(await source.arrayBuffer());
}

async function answer(number: number, call: Call): Promise<void> {
  try {
    post({ kind: 'reply', number, value: await resultOf(call) });
  } catch (error) {
    const known = error instanceof StorageError || error instanceof SnapshotError || error instanceof Refusal;
    const message = error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
    post({ kind: 'failure', number, message });
  }
}

async function resultOf(call: Call): Promise<Answers[Call['name']]> {
  switch (call.name) {
    case 'list':
      return store.list();
    case 'delete':
      await store.delete(call.id);
      return undefined;
    case 'export':
      return store.export(call.id);
    case 'import':
      return store.import(call.file, call.title);
    case 'save': {
      const { snapshot, now } = await running().ask((machine) => ({ snapshot: machine.save(sha256), now: machine.now }));
      return store.save(snapshot, call.title, now / 1e9);
    }
    case 'hash':
      return running().ask((machine) => {
        const pieces = Array.from(stateChunks(machine), (piece) => piece.slice());
        const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
        let at = 0;
        for (const piece of pieces) {
          whole.set(piece, at);
          at += piece.length;
        }
        return sha256(whole);
      });
  }
}

function running(): Runner {
  if (!runner) throw new Refusal('there is no machine');
  return runner;
}

function refusing<Value>(promise: Promise<Value>): Promise<Value> {
  return promise.catch((error: unknown) => {
    throw new Refusal(error instanceof Error ? error.message : String(error));
  });
}

async function reportingFaults(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const known = [MachineError, BootImageError, SnapshotError, StorageError, Refusal, DOMException];
    if (error instanceof Error && known.some((kind) => error instanceof kind)) post({ kind: 'refused', message: error.message });
    else post({ kind: 'fault', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
