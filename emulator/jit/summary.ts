// SPDX-License-Identifier: MIT
/**
 * @fileoverview What the compiler knows of a form of instruction before it compiles one: whether it can, where control goes, and which flags
 * it reads and writes. Found by a dry run of the semantics, once a form.
 *
 * Sets of flags are masks, bit i for FLAGS[i].
 */
import { dryRun, type Form } from '../interp/forms.ts';
import type { Variant } from '../interp/records.ts';
import { FLAGS, type Flag, type Value } from '../ir/value.ts';

export interface Summary {
  /** Otherwise the interpreter does it: helpers without a shortcut, string repetitions. */
  compiles: boolean;
  jumps: 'never' | 'perhaps' | 'always';
  /** Jumps into another translation block. */
  switches: boolean;
  /** Ends in a helper that may change anything, which compiled code calls behind its common exit. */
  helps: boolean;
  /** Pushes where it will come back to. */
  calls: boolean;
  /** May leave the region before the instruction. */
  leaves: boolean;
  /** Its flags, which depend on a condition, can be made later (`LateFlags`). */
  late: boolean;
  reads: number;
  /** Flags that it surely replaces, and those that it may. */
  replaces: number;
  writes: number;
}

export const ALL_FLAGS = (1 << FLAGS.length) - 1;
export const flagMask = (flags: Iterable<Flag | string>): number => {
  let mask = 0;
  for (const flag of flags) mask |= 1 << FLAGS.indexOf(flag as Flag);
  return mask;
};

/** A repeated string instruction that `interp/bulk.ts` does. */
export const isBulk = ({ rep, record, env }: Form): boolean =>
  rep !== 'none' && record.bulk !== undefined && env.address === (env.code === 64 ? 64 : 32);

/** Whether compiled code takes a record's shortcut. */
export const hasShortcut = ({ record, env, operands }: Form): boolean =>
  record.shortcut !== undefined && env.code === 32 && operands.every(({ kind }) => kind !== 'm' && kind !== 'b');

/** The address of the next instruction, at any width: it is wrapped, truncated and extended. */
const isReturnAddress = ({ op, args }: Value): boolean => op === 'nextRip' || (args.length > 0 && isReturnAddress(args[0]));

export function summaryOf(variant: Variant): Summary {
  const known = variant.summary as Summary | undefined;
  if (known) return known;
  const { form } = variant;
  const { ir, effects } = hasShortcut(form)
    ? dryRun({ ...form, record: { ...form.record, exec: form.record.shortcut! } })
    : dryRun(form);
  const jump = effects.find((e) => e.k === 'jump');
  const switches = effects.some((e) => e.k === 'control' && e.to);
  const helps = form.rep === 'none' && effects.some((e) => e.k === 'control' && !e.unless);
  const writes = flagMask(Object.keys(ir.defs));
  const summary: Summary = {
    compiles:
      isBulk(form) ||
      (form.rep === 'none' &&
        (form.record.serializing !== true || helps) &&
        effects.every((e) => !(e.k === 'repeat' || (e.k === 'call' && !e.unless)))),
    calls: effects.some((e) => (e.k === 'store' || e.k === 'set') && isReturnAddress(e.value)),
    jumps: switches || helps ? 'always' : jump?.k !== 'jump' ? 'never' : jump.when ? 'perhaps' : 'always',
    switches,
    helps,
    leaves: effects.some((e) => e.k !== 'set' && e.k !== 'jump'),
    late: ir.flagsWhen !== undefined && ir.lateFlags !== undefined,
    reads: flagMask(ir.reads),
    // A conditional write keeps the old flags if it does not happen.
    replaces: ir.flagsWhen ? 0 : writes,
    writes,
  };
  variant.summary = summary;
  return summary;
}
