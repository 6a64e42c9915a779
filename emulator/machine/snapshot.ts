// SPDX-License-Identifier: MIT
/**
 * @fileoverview Snapshots: a machine between two instructions, as named, versioned fields and content-addressed chunks.
 *
 * What a snapshot promises: loaded into a machine of the same configuration, here or elsewhere, it goes on exactly as the machine that was
 * saved does, under the same inputs; and saving leaves no trace in that one. So everything a guest can see is in it, stale
 * translations included (`processorState.ts`), and the boot image too, which a reset of the guest needs again.
 *
 * Not in it: what the host has connected (listeners, network, console ports), which only has to be there again, and host files behind
 * disks: of these the contents' hash is kept, so that a disk that has changed since is refused instead of being damaged by a guest that
 * remembers it differently. Disks in memory are part of the machine.
 *
 * Order of loading: RAM, devices, processors. Devices drive their lines while they load, and an edge reaches others that are loaded
 * already or not yet; so devices are loaded twice: the second time every line has its level, and nothing moves any more.
 *
 * A load that throws has left the machine in no definite state: discard it.
 */
import type { Device, DeviceState, StateValue } from '../bus/device.ts';
import { loadFields } from '../bus/state.ts';
import { type BlockBackend, SECTOR_SIZE } from '../device/virtio/block.ts';
import type { BootKind, BootOptions } from '../firmware/bootImage.ts';
import { CHUNK_SIZE, ChunkList, ChunkStore, type Chunks, type Hash, isZero, lazyChunks, readChunks } from './chunks.ts';
import type { Machine } from './machine.ts';
import { loadProcessor, saveProcessor } from './processorState.ts';

/** Of the snapshot as a whole; processors and devices have their own. */
export const SNAPSHOT_VERSION = 1;

/** Like `StateValue`, with long byte strings as chunks. */
export type Packed = Exclude<StateValue, StateValue[] | object> | Uint8Array | ChunkList | Packed[] | { [name: string]: Packed };
type PackedFields = { [name: string]: Packed };

export interface Snapshot {
  version: number;
  configuration: Configuration;
  machine: Packed;
  processors: Packed[];
  devices: PackedFields;
  ram: ChunkList;
  /** The boot image and its options; null if the machine starts at the reset vector. */
  boot: Packed;
  chunks: Chunks;
}
/** What must be equal in the machine that a snapshot is loaded into. */
export interface Configuration {
  memory: number;
  cpu: string;
  cpus: number;
  epoch: number;
  /** What the firmware says the machine's UUID is; missing: it has none. */
  uuid?: string;
  disks: DiskConfiguration[];
  /** The network interface's MAC address; null without one. */
  net: number[] | null;
  /** Console ports by name. */
  consolePorts: string[];
}
export interface DiskConfiguration {
  sectors: number;
  readOnly: boolean;
  serial?: string;
  /** Hash of a disk whose contents are not in the snapshot, else null. */
  contents: string | null;
}

/** The snapshot cannot be loaded; the message is one line. */
export class SnapshotError extends Error {}

const PAGE = 4096;
/** Byte strings longer than this become chunks. */
const INLINE = 1024;

export function saveMachine(machine: Machine, hash: Hash): Snapshot {
  machine.settle();
  const store = new ChunkStore(hash);
  const names = new Set(machine.devices.map((device) => device.name));
  if (names.size !== machine.devices.length) throw new SnapshotError('two disks have the same name');
  return {
    version: SNAPSHOT_VERSION,
    configuration: configurationOf(machine, hash),
    machine: machine.saveOwn(),
    processors: machine.processors.map((cpu) => pack(saveProcessor(cpu), store)),
    devices: Object.fromEntries(machine.devices.map((device) => [device.name, pack(device.save(), store)])),
    ram: store.add(machine.physical.ram),
    boot: pack(machine.boot ? saveBoot(machine.boot) : null, store),
    chunks: store.chunks,
  };
}

/**
 * Throws SnapshotError. `hash` is the one that the snapshot was saved with; `fresh`: the machine's RAM is all zeros; `lazily`, which needs fresh
 * RAM: its chunks are read when they are touched.
 */
export function loadMachine(machine: Machine, snapshot: Snapshot, hash: Hash, fresh: boolean, lazily = false): void {
  if (snapshot.version !== SNAPSHOT_VERSION) {
    throw new SnapshotError(`the snapshot has version ${snapshot.version}, this program reads version ${SNAPSHOT_VERSION}`);
  }
  checkConfiguration(snapshot.configuration, configurationOf(machine, hash));
  const { chunks } = snapshot;
  refusing(() => {
    const { physical, processors } = machine;
    if (lazily) {
      const read = lazyChunks(chunks, snapshot.ram, physical.ramSize);
      physical.comesFrom({ read: (page, into) => read(page * PAGE, into) });
    } else readChunks(chunks, snapshot.ram, physical.ramToReplace, fresh);
    machine.boot = loadBoot(unpack(snapshot.boot, chunks));
    const { devices } = machine;
    const states = devices.map((device) => state(unpack(snapshot.devices[device.name], chunks), device.name));
    loadState(machine, state(snapshot.machine as StateValue, 'machine'), devices, states, () => {
      for (const [index, cpu] of processors.entries()) {
        loadProcessor(cpu, state(unpack(snapshot.processors[index], chunks), `cpu${index}`));
      }
    });
    if (!machine.timeAgrees) throw new SnapshotError('its clocks disagree');
  });
}

/**
 * Makes `to`, new and of the same configuration, what `from` is; without chunks or hashes. RAM is lent: either side copies a page before it uses
 * it for the first time. Their disks are `to`'s business.
 */
export function copyMachine(from: Machine, to: Machine): void {
  from.settle();
  // Stores through an entry of the TLB ask nobody for the place any more.
  const written = from.processors.flatMap((cpu) => cpu.tlb.entries().filter((entry) => entry.write));
  from.physical.lendTo(
    to.physical,
    written.map((entry) => from.physical.pageAt(entry.place)),
  );
  to.boot = from.boot;
  const withoutDisks = ({ devices, savedDisks }: Machine) =>
    devices.filter((device) => !(savedDisks as Device[]).includes(device));
  const devices = withoutDisks(to);
  const states = withoutDisks(from).map((device) => device.save());
  loadState(to, from.saveOwn(), devices, states, () => {
    for (const [index, cpu] of to.processors.entries()) loadProcessor(cpu, saveProcessor(from.processors[index]));
  });
}

function loadState(machine: Machine, own: DeviceState, devices: Device[], states: DeviceState[], processors: () => void): void {
  machine.physical.holdsCode.fill(0);
  machine.loadOwn(own);
  for (let round = 0; round < 2; round++) for (const [index, device] of devices.entries()) device.load(states[index]);
  // Lines that moved in the first round may have called a processor; what was saved overrides that.
  processors();
}

function configurationOf(machine: Machine, hash: Hash): Configuration {
  const { memory, cpu, cpus, epoch, uuid, disks, net, consolePorts } = machine.configuration;
  return {
    ...{ memory, cpu, cpus, epoch },
    ...(uuid === undefined ? {} : { uuid }),
    disks: disks.map((disk) => ({
      sectors: disk.sectors,
      readOnly: disk.readOnly,
      serial: disk.serial,
      contents: machine.savedDisks.some((saved) => (saved as unknown) === disk) ? null : hashOfDisk(disk, hash),
    })),
    net: net ? Array.from(net.mac) : null,
    consolePorts: consolePorts.map((port) => port.name ?? ''),
  };
}

/** Hash of the hashes of chunks. */
function hashOfDisk(disk: BlockBackend, hash: Hash): string {
  const size = disk.sectors * SECTOR_SIZE;
  const buffer = new Uint8Array(CHUNK_SIZE);
  let names = '';
  try {
    for (let at = 0; at < size; at += CHUNK_SIZE) {
      const chunk = buffer.subarray(0, Math.min(CHUNK_SIZE, size - at));
      disk.read(at / SECTOR_SIZE, chunk);
      names += isZero(chunk) ? '0 ' : `${hash(chunk)} `;
    }
  } catch (error) {
    throw new SnapshotError(`a disk cannot be read: ${(error as Error).message}`);
  }
  return hash(Uint8Array.from(names, (character) => character.charCodeAt(0)));
}

function checkConfiguration(saved: Configuration, given: Configuration): void {
  const differ = (what: string, inSnapshot: unknown, inMachine: unknown): void => {
    if (inSnapshot !== inMachine)
      throw new SnapshotError(`the snapshot is of a machine with ${what} ${inSnapshot}, not ${inMachine}`);
  };
  differ('memory of bytes:', saved.memory, given.memory);
  differ('processor', saved.cpu, given.cpu);
  differ('processors:', saved.cpus, given.cpus);
  differ('power-on at second', saved.epoch, given.epoch);
  differ('UUID', saved.uuid ?? 'none', given.uuid ?? 'none');
  differ('network interface', saved.net?.join(':') ?? 'none', given.net?.join(':') ?? 'none');
  differ('console ports:', saved.consolePorts.length, given.consolePorts.length);
  differ('disks:', saved.disks.length, given.disks.length);
  for (const [index, disk] of saved.disks.entries()) {
    const other = given.disks[index];
    differ(`disk ${index} of bytes:`, disk.sectors * SECTOR_SIZE, other.sectors * SECTOR_SIZE);
    differ(`disk ${index} read-only:`, disk.readOnly, other.readOnly);
    differ(`disk ${index} of serial number`, disk.serial, other.serial);
    differ(`disk ${index} in`, disk.contents === null ? 'memory' : 'a file', other.contents === null ? 'memory' : 'a file');
    if (disk.contents !== other.contents) {
      throw new SnapshotError(`disk ${index} no longer holds what it held when the snapshot was saved`);
    }
  }
}

/** Devices and processors refuse what they do not understand with an Error of one line. */
function refusing(load: () => void): void {
  try {
    load();
  } catch (error) {
    throw error instanceof Error ? new SnapshotError(`the snapshot is damaged: ${error.message}`) : error;
  }
}

function state(value: StateValue, name: string): DeviceState {
  const isObject = value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);
  if (!isObject || typeof value.version !== 'number') throw new Error(`${name} is missing`);
  return value as DeviceState;
}

// The boot image.

export interface Boot {
  image: Uint8Array;
  options: BootOptions;
}

function saveBoot({ image, options }: Boot): DeviceState {
  const { commandLine, imageName, kind, modules = [], setupData = [] } = options;
  return {
    version: 1,
    image,
    commandLine: commandLine ?? null,
    imageName: imageName ?? null,
    kind: kind ?? null,
    modules: modules.map((module) => ({ contents: module.contents, commandLine: module.commandLine ?? null })),
    setupData: setupData.map(({ type, data }) => ({ type, data })),
  };
}

function loadBoot(value: StateValue): Boot | undefined {
  if (value === null) return undefined;
  const saved = state(value, 'boot');
  const text = (field: StateValue | undefined): string | undefined => (typeof field === 'string' ? field : undefined);
  const list = (field: StateValue | undefined): DeviceState[] =>
    Array.isArray(field) ? field.map((item) => state({ ...(item as DeviceState), version: 1 }, 'boot')) : [];
  const bytes = (field: StateValue | undefined): Uint8Array => {
    if (!(field instanceof Uint8Array)) throw new Error("boot: snapshot field 'image' is missing or malformed");
    return field;
  };
  if (saved.version !== 1) throw new Error(`boot: snapshot version ${saved.version} is not 1`);
  return {
    image: bytes(saved.image),
    options: {
      commandLine: text(saved.commandLine),
      imageName: text(saved.imageName),
      kind: text(saved.kind) as BootKind | undefined,
      modules: list(saved.modules).map((module) => ({
        contents: bytes(module.contents),
        commandLine: text(module.commandLine),
      })),
      setupData: list(saved.setupData).map((item) => ({ type: Number(item.type), data: bytes(item.data) })),
    },
  };
}

// Packing.

function pack(value: StateValue, store: ChunkStore): Packed {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Uint8Array) return value.length > INLINE ? store.add(value) : new Uint8Array(value);
  if (Array.isArray(value)) return value.map((item) => pack(item, store));
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, pack(field, store)]));
}

function unpack(value: Packed | undefined, chunks: Chunks): StateValue {
  if (value === undefined) return null;
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  if (value instanceof ChunkList) {
    // Checked before anything is reserved.
    if (value.names.length !== Math.ceil(value.length / CHUNK_SIZE)) throw new Error('a list of chunks has the wrong length');
    const bytes = new Uint8Array(value.length);
    readChunks(chunks, value, bytes, true);
    return bytes;
  }
  if (Array.isArray(value)) return value.map((item) => unpack(item, chunks));
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, unpack(field, chunks)]));
}

/** What belongs to the machine itself, checked. */
export function ownFields(own: DeviceState) {
  const shape = { idle: 0, retiredBefore: 0, current: 0, resetRequested: false, end: '', endMessage: '' };
  return loadFields('machine', own, SNAPSHOT_VERSION, shape);
}
