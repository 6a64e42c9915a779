// SPDX-License-Identifier: MIT
/**
 * @fileoverview The units that sequences consist of: what belongs to the system (segments, far transfers, gates, control registers, MSRs,
 * paging, interrupts, ports), put together by hand so that it does something; ordinary instructions come from `plain.ts`.
 *
 * A unit is a function from its address to its bytes, since transfers name the unit behind them. It stands by itself: a sequence goes on
 * behind a unit that faulted, and shrinking takes units away.
 *
 * What QEMU 7.2's TCG does not do is not asked of it: it checks neither limits nor types nor presence of segments when memory is accessed
 * (so all segments have 4 GiB and DS and ES are never loaded with what could not be used), no alignment (#AC), and writes to control
 * registers and MSRs of what it does not know go unnoticed. Its other departures are those of `system.test.ts`.
 */
import { control, debugRegisters, modelSpecific, modeSwitch } from './controlUnits.ts';
import { externalInterrupt, ports } from './eventUnits.ts';
import { pageTables, selfModification } from './pagingUnits.ts';
import { plainUnit } from './plain.ts';
import { loadFarPointer, loadSegment, tables, throughSegment } from './segmentUnits.ts';
import { dataAddress, openAddress, type Situation, same, type Unit } from './situation.ts';
import { farJump, farReturn, interrupt, near, stackWork } from './transferUnits.ts';

// ---- the mixture

/** Weights. Units that the level does not allow fault, which is worth seeing, but not often. */
function kinds({ mode, traps }: Situation): [number, (s: Situation) => Unit][] {
  const system = mode.level === 0 ? 1 : 0.25;
  return [
    [5, loadSegment],
    [3, loadFarPointer],
    [2, throughSegment],
    [5, tables],
    [5, farReturn],
    [4, farJump],
    [3, interrupt],
    [3, near],
    [5, stackWork],
    [6 * system, control],
    // QEMU ignores attempts to leave paging from 64-bit code.
    [mode.bits === 64 || traps !== 'none' ? 0 : mode.level === 0 ? 2 : 0.2, modeSwitch],
    [4 * system, modelSpecific],
    [traps === 'breakpoints' ? 6 * system : 0, debugRegisters],
    [mode.paging === 'none' ? 0 : 5 * system, pageTables],
    [1, selfModification],
    [2, externalInterrupt],
    [2, ports],
  ];
}

export function randomUnit(s: Situation): Unit {
  const { mode, r } = s;
  if (r.one(2)) {
    for (;;) {
      const made = plainUnit(mode.bits, mode.entry === 0, { anywhere: dataAddress(s), open: openAddress(s) }, r);
      if (!made || (made.undefinedFlags && s.traps !== 'none')) continue;
      // Now and then behind a branch.
      const { bytes } = made;
      return same(bytes.length < 128 && r.one(6) ? [0x70 | r.below(16), bytes.length, ...bytes] : bytes);
    }
  }
  const list = kinds(s);
  let at = (r.below(1000) / 1000) * list.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, make] of list) {
    at -= weight;
    if (at < 0) return make(s);
  }
  return same([0x90]);
}
