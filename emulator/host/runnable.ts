// SPDX-License-Identifier: MIT
/** @fileoverview What the command line wants of a machine: what it is made of, and what a report says of it. Tests give it others. */
import type { Tiering } from '../cpu/processor.ts';
import type { BlockBackend } from '../device/virtio/block.ts';
import type { ConsolePort } from '../device/virtio/console.ts';
import type { NetBackend } from '../device/virtio/net.ts';
import type { Hash } from '../machine/chunks.ts';
import type { Snapshot } from '../machine/snapshot.ts';
import type { SessionMachine } from './session.ts';

/** What a machine is made of. Files have been read; nothing in here refers to the host but the disks. */
export interface MachineConfiguration {
  memory: number;
  cpu: string | undefined;
  smp: number;
  uuid?: string;
  tiering?: Tiering;
  /** What to boot, unless there is a snapshot. */
  kernel?: Uint8Array;
  kernelName?: string;
  /** Go on from here. */
  snapshot?: Snapshot;
  initrd?: Uint8Array;
  append?: string;
  disks: (BlockBackend | { memory: number; serial?: string })[];
  net?: { backend: NetBackend; mac: readonly number[] };
  consolePorts?: ConsolePort[];
}

/** A machine that can say what state it is in. */
export interface ReportingMachine extends SessionMachine {
  save(hash: Hash): Snapshot;
  stateHash(): string | Promise<string>;
  /** Further figures for the report. */
  statistics(): Record<string, unknown>;
  /** Tells, from now on, what the compiled tier does; the report says more then. Returns what says at the end what it came to. */
  traceJit(say: (line: string) => void): () => void;
  /** Registers and code of all processors, in several lines. */
  describe(): string;
  /** Tells, once each, of architectural features that the guest asked for in vain. */
  onMissing(listener: (line: string) => void): void;
}

/**
 * Makes a machine at power-on with its kernel loaded, or from a snapshot. Throws UsageError or BootImageError for impossible machines,
 * SnapshotError for a snapshot of another one.
 */
export type MachineFactory = (configuration: MachineConfiguration) => ReportingMachine;
