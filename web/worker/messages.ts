// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the page and the worker say to each other. One worker holds one machine, once: to start again, the page makes
 * another worker.
 *
 * Sequence: the worker says `ready`; the page says `start`; the worker answers `started` or `refused`, then sends output and figures
 * until `ended` or `fault`. The page may type at any time after `started`. To stop, it terminates the worker.
 *
 * Output is paced: the page returns as credit what its terminal has digested, and the machine waits while too much is under way.
 *
 * Whatever has an answer is a `call`, and the answer a `reply` with the same number. Calls about stored snapshots are answered whether or not there
 * is a machine.
 */
import type { ScreenText } from '../../emulator/device/vga.ts';
import type { CodeLine } from '../../emulator/machine/describe.ts';
import type {
  DeviceInspection,
  InterruptInspection,
  MemoryRegion,
  ProcessorInspection,
} from '../../emulator/machine/inspection.ts';
import type { Stroke } from '../page/keys.ts';

/** A disk of the machine: an image the user chose, which is never written to (changes live in memory), or an empty one in memory. */
export type DiskSpecification = { image: Blob } | { bytes: number; serial?: string };

/** COM1 and COM2, and port 0 of the virtio console, which Linux calls hvc0. */
export type Port = 'com1' | 'com2' | 'hvc0';
export const PORTS: readonly Port[] = ['com1', 'com2', 'hvc0'];

/** A file the user chose, or the address of one beside the page. */
export type FileSource = Blob | string;

export interface StartMessage {
  kind: 'start';
  boot: BootSource | { snapshot: number };
  speed: Speed;
  /** Whether there is a network card. Its cable ends at the page: `frame` messages go both ways. */
  network: boolean;
}
export interface BootSource {
  /** Bytes. */
  memory: number;
  processors: number;
  /** Processor model by name. */
  cpu: string;
  kernel: FileSource;
  kernelName: string;
  initrd: FileSource | undefined;
  commandLine: string;
  disks: DiskSpecification[];
}

/** `real`: idle time passes as on the wall clock. `fast`: it is skipped. */
export type Speed = 'real' | 'fast';
/** What the page shows of the inside, and so wants to be told of. */
export type View = 'screen' | 'processor' | 'memory' | 'devices' | 'debug';

export type ToWorker =
  | StartMessage
  | { kind: 'type'; port: Port; bytes: Uint8Array }
  /** A key of the PC's own keyboard, by its set 1 make code; E000h + code for extended keys. */
  | { kind: 'key'; code: number; pressed: boolean }
  /** Keys pressed and released together, one group when the guest has taken the one before. */
  | { kind: 'strokes'; strokes: readonly Stroke[] }
  | { kind: 'mouse'; dx: number; dy: number; wheel: number; buttons: number }
  /** An Ethernet frame for the machine, without frame check sequence. */
  | { kind: 'frame'; frame: Uint8Array }
  /** So many bytes of output have been shown. */
  | { kind: 'credit'; bytes: number }
  | { kind: 'pause' | 'resume' | 'reset' | 'power-button' }
  | { kind: 'speed'; speed: Speed }
  | { kind: 'watch'; views: readonly View[] }
  /** Executes so many instructions while paused. */
  | { kind: 'step'; count: number }
  | { kind: 'breakpoint'; address: bigint; set: boolean }
  /** Which processor and address the debugger shows; where it is, without an address. */
  | { kind: 'look'; processor: number; address: bigint | undefined }
  | { kind: 'call'; number: number; call: Call };

/** What can be asked of the worker. */
export type Call =
  | { name: 'save'; title: string }
  | { name: 'list' }
  | { name: 'delete'; id: number }
  | { name: 'export'; id: number }
  | { name: 'import'; file: Blob; title: string }
  | { name: 'hash' };
export interface Answers {
  save: StoredSnapshot;
  list: StoredSnapshot[];
  delete: undefined;
  export: Blob;
  import: StoredSnapshot;
  hash: string;
}

export interface StoredSnapshot {
  id: number;
  title: string;
  /** Milliseconds since 1970. */
  created: number;
  /** Bytes of its chunks, shared ones counted in full. */
  size: number;
  /** Bytes of RAM, and seconds since power-on. */
  memory: number;
  virtualSeconds: number;
}

export interface Figures {
  /** Retired since power-on. */
  instructions: number;
  /** Millions of instructions a second of the host's time, over the last interval in which the machine ran; undefined while idle. */
  mips: number | undefined;
  /** Which part of the last interval the machine ran, 0 to 1. */
  busy: number;
  /** Seconds since power-on. */
  virtualSeconds: number;
}

/** One of these for each view that is watched. */
export interface Inspection {
  processors?: ProcessorInspection[];
  memory?: { regions: MemoryRegion[]; blockSize: number; blocks: Uint8Array };
  devices?: { devices: DeviceInspection[]; interrupts: InterruptInspection };
  debug?: {
    processor: number;
    processors: number;
    address: bigint;
    code: CodeLine[];
    breakpoints: bigint[];
    state: ProcessorInspection;
  };
}

export type Screen =
  | { kind: 'text'; text: ScreenText; colours: Uint8Array }
  | { kind: 'picture'; width: number; height: number; pixels: Uint8ClampedArray<ArrayBuffer> }
  | { kind: 'blank' };

export type EndKind = 'power-off' | 'panic' | 'triple-fault' | 'halted';

export type FromWorker =
  /** `models`: name and brand of the processors there are. */
  | { kind: 'ready'; models: { name: string; brand: string }[] }
  /** So many bytes of a file have arrived; `total` is 0 if the server does not say. */
  | { kind: 'progress'; file: string; loaded: number; total: number }
  | { kind: 'started' }
  /** The machine cannot be: one line for the user. */
  | { kind: 'refused'; message: string }
  | { kind: 'output'; port: Port; bytes: Uint8Array }
  | { kind: 'frame'; frame: Uint8Array }
  | { kind: 'figures'; figures: Figures }
  /** The machine stands, at a breakpoint if there is an address, or goes on. */
  | { kind: 'paused'; paused: boolean; breakpoint?: bigint }
  | { kind: 'inspection'; inspection: Inspection }
  | { kind: 'screen'; screen: Screen }
  | { kind: 'reply'; number: number; value: unknown }
  | { kind: 'failure'; number: number; message: string }
  /** An instruction that this processor lacks was met for the first time. */
  | { kind: 'missing'; message: string }
  | { kind: 'ended'; end: EndKind; message: string | undefined; figures: Figures }
  /** A fault of ours. */
  | { kind: 'fault'; message: string };
