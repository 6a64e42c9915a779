// SPDX-License-Identifier: MIT
/** @fileoverview What the restarter knows of the whole: the graph of instances, as the repository has them, and whether the system goes down. */
import { ask } from '../../lib/smf/door';
import { readRepository, Repository } from '../../lib/smf/repository';
import { Graph } from './_graph';
import { Unit } from './_unit';

class System {
  readonly graph: Graph = new Graph();
  /** Run level that the system is going down to: 0, 5 or 6; -1: it stays up. */
  goingDown: i32 = -1;
}
export const system = new System();

/** The repository knows something new of an instance, which may be new itself. */
export function reload(fmri: string): Unit | null {
  const text = ask('instance\t' + fmri + '\n');
  if (text == null) return system.graph.find(fmri);
  const repository = new Repository();
  readRepository(text, repository);
  const instance = repository.findInstance(fmri);
  if (!instance) return null;
  const known = system.graph.find(fmri);
  if (known) {
    known.instance = instance;
    return known;
  }
  const unit = new Unit(instance);
  system.graph.units.set(fmri, unit);
  return unit;
}
