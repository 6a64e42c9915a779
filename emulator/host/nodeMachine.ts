// SPDX-License-Identifier: MIT
/** @fileoverview A machine for a Node process, made from what the command line or a program asks for. */
import { createHash } from 'node:crypto';
import { MemoryDisk } from '../device/virtio/memoryDisk.ts';
import { LEAVE_REASONS, SLOT } from '../ir/state.ts';
import { describeProcessor } from '../machine/describe.ts';
import { Machine, MachineError } from '../machine/machine.ts';
import { stateChunks } from '../machine/stateHash.ts';
import { JitTrace } from './jitTrace.ts';
import { missingLine } from './missing.ts';
import { nodeInterpreter } from './nodeInterpreter.ts';
import { sha256 } from './nodeSnapshot.ts';
import { nodeWorkshop } from './nodeWorkshop.ts';
import type { MachineConfiguration, ReportingMachine } from './runnable.ts';
import { UsageError } from './usageError.ts';

const SECTOR = 512;
const PAGE = 4096;

/** A `Machine` with what a report says about it. */
export class NodeMachine extends Machine implements ReportingMachine {
  private trace: JitTrace | undefined;
  /** Instructions retired before this process had the machine. */
  private before = 0;

  /** Goes on where a snapshot was made. */
  override load(...given: Parameters<Machine['load']>): ReturnType<Machine['load']> {
    super.load(...given);
    this.before = this.instructions;
  }

  stateHash(): string {
    const hash = createHash('sha256');
    for (const chunk of stateChunks(this)) hash.update(chunk);
    return hash.digest('hex');
  }

  statistics(): Record<string, unknown> {
    const missing = new Map<string, number>();
    for (const { missingFeatures } of this.processors) {
      for (const [feature, count] of missingFeatures) missing.set(feature, (missing.get(feature) ?? 0) + count);
    }
    return {
      ...this.tierStatistics(),
      missing: Object.fromEntries(missing),
      peakResidentBytes: process.resourceUsage().maxRSS * 1024,
    };
  }

  /** Instructions by the engine that retired them, why compiled code left some to the interpreter, what was compiled. */
  private tierStatistics(): Record<string, unknown> {
    const compiled = this.processors.reduce((sum, cpu) => sum + Number(cpu.read64(SLOT.COMPILED)), 0);
    const exits = LEAVE_REASONS.map((reason, i) => {
      return [reason, this.processors.reduce((sum, cpu) => sum + cpu.read32(SLOT.LEFT + 4 * i), 0)] as const;
    });
    const compiler: Record<string, number> = {};
    for (const cpu of this.processors) {
      for (const [name, value] of Object.entries(cpu.compiled?.statistics ?? {})) {
        compiler[name] = Number(((compiler[name] ?? 0) + value).toFixed(1));
      }
    }
    return {
      tiers: { interpreted: this.instructions - this.before - compiled, compiled },
      regionExits: Object.fromEntries(exits),
      compiler,
      ...(this.trace ? { regions: this.trace.record() } : {}),
    };
  }

  traceJit(say: (line: string) => void): () => void {
    const trace = new JitTrace(this.processors, say);
    this.trace = trace;
    return () => trace.summarize(this.instructions - this.before);
  }

  describe(): string {
    const head = `after ${this.instructions} instructions, ${(this.now / 1e9).toFixed(9)} s of virtual time`;
    return [head, ...this.describeProcessors()].join('\n');
  }
  /** Registers and code of each. */
  describeProcessors(): string[] {
    return this.processors.map(describeProcessor);
  }

  onMissing(listener: (line: string) => void): void {
    for (const cpu of this.processors) {
      cpu.onMissing = (feature, rip) => listener(missingLine(cpu, feature, rip));
    }
  }
}

/** Throws UsageError or BootImageError for impossible machines, SnapshotError for snapshots of others. */
export function makeNodeMachine(configuration: MachineConfiguration): NodeMachine {
  const { memory, cpu, smp, uuid, tiering, kernel, kernelName, initrd, append, snapshot, disks, net, consolePorts } =
    configuration;
  if (memory % PAGE !== 0) throw new UsageError(`memory: ${memory} bytes are no multiple of ${PAGE}`);
  try {
    const machine = new NodeMachine({
      memory,
      cpu,
      cpus: smp,
      uuid,
      tiering,
      interpreter: nodeInterpreter(),
      workshop: nodeWorkshop(),
      net,
      consolePorts,
      disks: disks.map((disk, i) => {
        if (!('memory' in disk)) return disk;
        if (disk.memory % SECTOR !== 0) throw new UsageError(`disk: ${disk.memory} bytes are no multiple of ${SECTOR}`);
        return new MemoryDisk(`disk${i}`, { sectors: disk.memory / SECTOR, serial: disk.serial });
      }),
    });
    if (snapshot) machine.load(snapshot, sha256);
    if (!kernel) return machine;
    const modules = initrd ? [{ contents: initrd, commandLine: '' }] : [];
    machine.loadKernel(kernel, { commandLine: append, modules, imageName: kernelName });
    return machine;
  } catch (error) {
    throw error instanceof MachineError ? new UsageError(error.message) : error;
  }
}
