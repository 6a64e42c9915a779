// SPDX-License-Identifier: MIT
/** @fileoverview This machine, as payloads are judged against it. */
import { capture } from '../../../lib/capture';
import { status } from '../../../lib/files';
import { Json } from '../../../lib/json';
import { randomBytes } from '../../../lib/random';
import { Surroundings } from '../payload/_surroundings';
import { readJson } from './_files';
import { loadMachines } from './_load';

export class Node extends Surroundings {
  private known: Json[] | null = null;

  pools(): string[] {
    const names = capture(['zpool', 'list', '-H', '-o', 'name']).out.split('\n');
    const result: string[] = [];
    for (let i = 0; i < names.length; i++) if (names[i].length) result.push(names[i]);
    return result;
  }
  manifest(uuid: string, pool: string): Json | null {
    return readJson('/var/imgadm/images/' + pool + '-' + uuid + '.json').get('manifest');
  }
  machines(): Json[] {
    let known = this.known;
    if (!known) {
      known = loadMachines(false);
      this.known = known;
    }
    return known;
  }
  exists(path: string): bool {
    return status(path, true) != null;
  }
  random(): StaticArray<u8> {
    return randomBytes(16);
  }
}
