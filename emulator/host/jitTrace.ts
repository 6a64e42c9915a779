// SPDX-License-Identifier: MIT
/**
 * @fileoverview `--trace jit`: a line for each thing that the compiled tier does, a summary at the end, and every region with its counters for the
 * report. What the tier tells is in `jit/trace.ts`.
 */
import type { Processor } from '../cpu/processor.ts';
import { LEAVE_REASONS, SLOT } from '../ir/state.ts';
import type { RegionTrace, TierEvent } from '../jit/trace.ts';

const hex = (n: number | bigint): string => n.toString(16);
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

export class JitTrace {
  private readonly regions: RegionTrace[] = [];
  private readonly processors: readonly Processor[];
  private readonly say: (line: string) => void;

  /** To be made before the machine runs. */
  constructor(processors: readonly Processor[], say: (line: string) => void) {
    this.processors = processors;
    this.say = (line) => say(`jit: ${line}`);
    for (const cpu of processors) {
      if (cpu.compiled) cpu.compiled.onEvent = (event) => this.take(event);
    }
  }

  private take(event: TierEvent): void {
    switch (event.kind) {
      case 'compiled':
        this.regions.push(event.region);
        this.say(compiledLine(event.region));
        return;
      case 'refused':
        this.say(`refused ${hex(event.rip)} (physical ${hex(event.physical)}), ${event.mode}: ${event.why}`);
        return;
      case 'forgotten':
        for (const region of event.regions) this.say(`forgot ${nameOf(region)}: ${event.why}; ${usage(region)}`);
        return;
      case 'over':
        this.say(`starts over with ${event.modules} modules of ${event.bytes} bytes: ${event.why}`);
    }
  }

  /** For the report. */
  record(): Record<string, unknown>[] {
    for (const { compiled } of this.processors) compiled?.refreshTraces();
    return this.regions.map((r) => ({ ...r, physical: hex(r.physical), rip: hex(r.rip) }));
  }

  /** Says what it all came to, of `instructions` that have been retired. */
  summarize(instructions: number): void {
    if (!this.processors.some((cpu) => cpu.compiled)) {
      this.say('nothing is compiled: the machine is interpreted');
      return;
    }
    this.record();
    const compiled = sum(this.processors.map((cpu) => Number(cpu.read64(SLOT.COMPILED))));
    const share = (n: number): string => `${((100 * n) / Math.max(1, instructions)).toFixed(1)} %`;
    this.say(`${instructions} instructions: ${share(compiled)} compiled, ${share(instructions - compiled)} interpreted`);
    const total = (name: 'regions' | 'modules' | 'bytes' | 'refused' | 'invalidated' | 'startedOver'): number =>
      sum(this.processors.map((cpu) => cpu.compiled?.statistics[name] ?? 0));
    this.say(
      `${total('regions')} regions in ${total('modules')} modules of ${total('bytes')} bytes; ${total('invalidated')} invalidated, ` +
        `${total('refused')} refused, ${total('startedOver')} times started over`,
    );
    const left = LEAVE_REASONS.map((reason, i) => {
      return `${reason} ${sum(this.processors.map((cpu) => cpu.read32(SLOT.LEFT + 4 * i) >>> 0))}`;
    });
    this.say(`instructions left to the interpreter: ${left.join(', ')}`);
    const often = [...this.regions].sort((a, b) => leftBy(b) - leftBy(a)).slice(0, 5);
    for (const region of often) if (leftBy(region) > 0) this.say(`left most: ${nameOf(region)}, ${usage(region)}`);
  }
}

const nameOf = ({ number, processor, rip }: RegionTrace): string => `region ${processor}.${number} at ${hex(rip)}`;
const leftBy = ({ left }: RegionTrace): number => sum(Object.values(left));

function compiledLine(region: RegionTrace): string {
  const { physical, mode, why, blocks, instructions, entries, bytes } = region;
  const parts = `${instructions} instructions in ${blocks} blocks, entries ${entries}, ${bytes} bytes of wasm`;
  return `compiled ${nameOf(region)} (physical ${hex(physical)}), ${mode}, ${why}: ${parts}`;
}
function usage(region: RegionTrace): string {
  const left = Object.entries(region.left).filter(([, n]) => n > 0);
  const exits =
    left.length > 0 ? `left for ${left.map(([reason, n]) => `${reason} ${n}`).join(', ')}` : 'never left an instruction';
  return `entered ${region.entered} times, ${exits}`;
}
