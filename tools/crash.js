#!/usr/bin/env node
// SPDX-License-Identifier: MIT
/**
 * @fileoverview Power failures during loads on pools of several layouts, at every write (test/crash): `node tools/crash.js [SEED] [GROUPS] [LAYOUT]`;
 * the layout `devices` is a pool whose devices change. Without one, all.
 */
import { moduleServer } from './moduleServer.js';

const [seed = 1, groups = 30] = process.argv.slice(2, 4).map(Number);
const only = process.argv[4];
const isWanted = (/** @type {string} */ layout) => only === undefined || only === layout;
const server = await moduleServer();
try {
  const { crash } = await server.ssrLoadModule('/test/crash/crash.ts');
  for (const layout of ['d0', 'd0 d1', 'mirror d0 d1', 'raidz1 d0 d1 d2'].filter(isWanted)) {
    const { events, cuts, judged, failures } = await crash({ layout, seed, groups, judged: 10 });
    console.log(`${layout}: ${cuts} cuts of ${events} events, ${judged} judged by zdb, ${failures.length} failures`);
    for (const failure of failures) console.log(failure);
    if (failures.length > 0) process.exitCode = 1;
  }
  if (isWanted('devices')) {
    const { crashDevices } = await server.ssrLoadModule('/test/crash/devices.ts');
    const { events, cuts, failures } = await crashDevices(seed);
    console.log(`devices that come and go: ${cuts} cuts of ${events} events, ${failures.length} failures`);
    for (const failure of failures) console.log(failure);
    if (failures.length > 0) process.exitCode = 1;
  }
} finally {
  await server.close();
}
