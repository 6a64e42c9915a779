// SPDX-License-Identifier: MIT
/**
 * @fileoverview Zones whose services svcs(1) shows. A zone's repository is asked from within it: a child enters the zone, asks the svc.configd there, and sends
 * the answer out through a pipe, so that nothing in the zone is opened from outside.
 */
import * as calls from '../../lib/calls';
import { readAll, say } from '../../lib/io';
import { fork, waitFor } from '../../lib/process';
import { ask, problem, writeText } from '../../lib/smf/door';
import { Instance, logPath, readRepository, Repository } from '../../lib/smf/repository';
import {
  ATTR_NAME,
  ATTR_ROOT,
  enterZone,
  ownZoneId,
  ZONE_IS_RUNNING,
  zoneIds,
  zoneStatus,
  zoneText,
} from '../../lib/zones/kernel';

/** A zone, with its services. */
export class Place {
  readonly repository: Repository = new Repository();
  constructor(
    public readonly zone: string,
    /** What paths in the zone begin with for who asks. */
    public readonly root: string,
  ) {}
  logPath(instance: Instance): string {
    return this.root + logPath(instance);
  }
}

/** The zone that the caller is in; null after a complaint. */
export function ownPlace(): Place | null {
  return placeOf(ownZoneId());
}

/** A zone that runs; null after a complaint. */
export function placeOf(id: i32): Place | null {
  const isOwn = id == ownZoneId();
  const place = new Place(zoneText(id, ATTR_NAME), isOwn ? '' : zoneText(id, ATTR_ROOT));
  const answer = isOwn ? ask('get\n') : askInZone(id);
  if (answer != null) {
    readRepository(answer, place.repository);
    return place;
  }
  say('svcs: ' + (isOwn ? '' : 'zone ' + place.zone + ': ') + (isOwn ? problem : 'Repository server unavailable.') + '\n');
  return null;
}

/** All zones that run and whose services can be asked for. */
export function allPlaces(): Place[] {
  const ids = zoneIds();
  const places: Place[] = [];
  for (let i = 0; i < ids.length; i++) {
    const place = zoneStatus(ids[i]) == ZONE_IS_RUNNING ? placeOf(ids[i]) : null;
    if (place) places.push(place);
  }
  return places;
}

const ends = memory.data(16, 8);

function askInZone(id: i32): string | null {
  if (calls.pipe(ends, 0) < 0) return null;
  const from = load<i32>(ends);
  const to = load<i32>(ends, 4);
  const child = fork();
  if (!child) {
    calls.close(from);
    let status = 1;
    if (enterZone(id) >= 0) {
      const answer = ask('get\n');
      if (answer != null && writeText(to, answer) >= 0) status = 0;
    }
    calls.exit(status);
  }
  calls.close(to);
  const text = child < 0 ? '' : readAll(from);
  calls.close(from);
  return child < 0 || waitFor(child).status ? null : text;
}
