// SPDX-License-Identifier: MIT
/**
 * @fileoverview Statistics of zones, by illumos's names: zones:ID:NAME (time used, init), caps:ID:…_zone_ID (a resource control: usage and
 * value), memory_cap:ID:NAME, zone_zfs:ID:NAME.
 *
 * They come with the zone and go with it. The global zone sees those of all zones, a zone its own.
 */
import { MODE_SYSTEM, thisCpu } from '../thread/cpu';
import { countsToTime } from '../time/clock';
import { PAGE } from '../memory/frames';
import { installKstat, Kstat, NamedData, removeKstat } from '../kstat';
import { findProcess } from '../process/processes';
import {
  RCTL_MAX_LOCKED_MEMORY,
  RCTL_MAX_LWPS,
  RCTL_MAX_PHYSICAL_MEMORY,
  RCTL_MAX_PROCESSES,
  RCTL_MAX_SWAP,
} from '../limits/rctl';
import { usageOf } from '../limits/resource';
import { Zone } from './zone';

abstract class ZoneKstat extends Kstat {
  constructor(
    protected readonly zone: Zone,
    module: string,
    name: string,
    class_: string,
  ) {
    super(module, zone.id, name, class_, zone.id);
  }
}

class ZoneMisc extends ZoneKstat {
  fill(data: NamedData): void {
    const share = this.zone.share;
    thisCpu().charge(MODE_SYSTEM);
    data.u64('nsec_user', countsToTime(share.userCounts));
    data.u64('nsec_sys', countsToTime(share.systemCounts));
    data.u64('nsec_waitrq', share.heldTime);
    data.text('zonename', this.zone.name);
    data.u32('init_pid', this.zone.initPid);
    const init = findProcess(this.zone.initPid);
    data.u64('boot_hrtime', init ? init.startedUp : 0);
  }
}

class CpuCaps extends ZoneKstat {
  fill(data: NamedData): void {
    const share = this.zone.share;
    thisCpu().charge(MODE_SYSTEM);
    data.u64('value', share.cap);
    data.u64('usage', share.recent);
    data.u64('nwait', share.isHeld ? share.count : 0);
    data.u64('above_sec', share.heldTime / 1000000000);
    data.u64('times_held', share.timesHeld);
    data.text('zonename', this.zone.name);
  }
}

/** A control that is a number of things. */
class RctlKstat extends ZoneKstat {
  constructor(
    zone: Zone,
    name: string,
    private readonly control: i32,
  ) {
    super(zone, 'caps', name + '_zone_' + zone.id.toString(), 'zone_caps');
  }
  fill(data: NamedData): void {
    data.text('zonename', this.zone.name);
    data.u64('usage', usageOf(this.control, this.zone, null));
    data.u64('value', this.zone.limit(this.control));
  }
}

class MemoryCap extends ZoneKstat {
  fill(data: NamedData): void {
    const memory = this.zone.memory;
    data.text('zonename', this.zone.name);
    data.u64('rss', memory.resident * PAGE);
    data.u64('physcap', this.zone.limit(RCTL_MAX_PHYSICAL_MEMORY));
    data.u64('swap', memory.swap * PAGE);
    data.u64('swapcap', this.zone.limit(RCTL_MAX_SWAP));
    data.u64('anon_alloc_fail', memory.refused);
    // How often it was at its cap: pages have gone each time, or a process has ended.
    data.u64('nover', memory.over + memory.killed);
    data.u64('pagedout', memory.pagedOut * PAGE);
  }
}

class ZoneZfs extends ZoneKstat {
  fill(data: NamedData): void {
    const io = this.zone.io;
    data.text('zonename', this.zone.name);
    data.u64('rtime', io.time);
    data.u64('delay_cnt', io.delays);
    data.u64('delay_time', io.delayed / 1000);
  }
}

export function installZoneKstats(zone: Zone): void {
  const list = zone.kstats;
  list.push(new ZoneMisc(zone, 'zones', zone.name, 'zone_misc'));
  list.push(new CpuCaps(zone, 'caps', 'cpucaps_zone_' + zone.id.toString(), 'zone_caps'));
  list.push(new RctlKstat(zone, 'lwps', RCTL_MAX_LWPS));
  list.push(new RctlKstat(zone, 'nprocs', RCTL_MAX_PROCESSES));
  list.push(new RctlKstat(zone, 'swapresv', RCTL_MAX_SWAP));
  list.push(new RctlKstat(zone, 'lockedmem', RCTL_MAX_LOCKED_MEMORY));
  list.push(new ZoneZfs(zone, 'zone_zfs', zone.name, 'zone_zfs'));
  list.push(new MemoryCap(zone, 'memory_cap', zone.name, 'zone_memory_cap'));
  for (let i = 0; i < list.length; i++) installKstat(list[i]);
}
export function removeZoneKstats(zone: Zone): void {
  for (let i = 0; i < zone.kstats.length; i++) removeKstat(zone.kstats[i]);
}
